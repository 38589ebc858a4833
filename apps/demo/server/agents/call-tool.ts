import type { AgentPart } from '@caughtup/schema'

import type { RepoTool } from '../repository/repo-tools.ts'
import { type Pace, paced } from '../text/paced.ts'
import { tokensOf } from '../text/tokens.ts'

/** Calls a tool as a model would: streams its input, runs it, and returns its output. */
export async function* callTool<Input, Output>(
  tool: RepoTool<Input, Output>,
  input: Input,
  { toolCallId, pace }: { toolCallId: string; pace: Pace },
): AsyncGenerator<AgentPart, Output, undefined> {
  const toolName = tool.name
  yield { type: 'tool-input-start', id: toolCallId, toolName }
  for await (const delta of paced(tokensOf(JSON.stringify(input)), pace)) {
    yield { type: 'tool-input-delta', id: toolCallId, delta }
  }
  yield { type: 'tool-input-end', id: toolCallId }
  yield { type: 'tool-call', toolCallId, toolName, input }
  const output = tool.run(input)
  yield { type: 'tool-result', toolCallId, toolName, input, output }
  return output
}
