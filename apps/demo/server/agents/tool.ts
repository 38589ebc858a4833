import type { AgentPart } from '@caughtup/schema'

import type { RepoTools } from '../repository/repo-tools.ts'
import { callTool } from './call-tool.ts'
import type { Command } from './command.ts'
import type { DemoContext } from './demo-agent.ts'
import { sayText } from '../text/speak.ts'

const path = 'package.json'

/** Reads a real file of the repository with a tool. */
export function toolCommand(tools: RepoTools): Command {
  return {
    name: 'tool',
    usage: '/tool',
    description: `reads \`${path}\` with a tool`,
    run: (_args, context) => readFile(tools, context),
  }
}

async function* readFile(
  tools: RepoTools,
  { pace }: DemoContext,
): AsyncGenerator<AgentPart, void, undefined> {
  yield* sayText(`Let me read \`${path}\`.`, 'before', pace)
  const file = yield* callTool(tools.read, { path }, { toolCallId: 'read', pace })
  yield* sayText(
    `It has ${file.lines} lines and starts with:\n\n\`\`\`json\n${firstLines(file.text)}\n\`\`\``,
    'after',
    pace,
  )
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, 8).join('\n')
}
