import type { AgentPart, ToolPart } from '@caughtup/schema'

import type { RepoTools } from '../repository/repo-tools.ts'
import type { Command } from './command.ts'
import type { DemoContext } from './demo-agent.ts'
import { sayText } from '../text/speak.ts'

const path = 'LICENSE'
const call = { toolCallId: 'read', toolName: 'read', input: { path } }

/** Asks before it reads a file. The answer may come days later, from another device. */
export function approveCommand(tools: RepoTools): Command {
  return {
    name: 'approve',
    usage: '/approve',
    description: `asks you before it reads \`${path}\` with a tool`,
    run: (_args, context) => readOnceApproved(tools, context),
  }
}

async function* readOnceApproved(
  tools: RepoTools,
  { messages, pace }: DemoContext,
): AsyncGenerator<AgentPart, void, undefined> {
  const asked = messages.at(-1)?.parts.find((part): part is ToolPart => 'toolCallId' in part)
  if (asked?.state !== 'approval-responded') {
    yield* sayText(`I would like to read \`${path}\`. May I?`, 'before', pace)
    yield { type: 'tool-call', ...call }
    yield { type: 'tool-approval-request', approvalId: 'read', toolCall: call }
    return
  }
  if (!asked.approval.approved) {
    yield { type: 'tool-output-denied', toolCallId: call.toolCallId }
    yield* sayText('Then I leave it alone.', 'after', pace)
    return
  }
  const output = tools.read.run({ path })
  yield { type: 'tool-result', ...call, output }
  yield* sayText(`Thank you. It begins with “${output.text.split('\n')[0]}”.`, 'after', pace)
}
