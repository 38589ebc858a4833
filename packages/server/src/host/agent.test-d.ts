import type { ModelMessage, StreamTextResult, TextStreamPart, ToolSet } from 'ai'

import type { Agent, AgentStream } from './agent.ts'

type Assignable<From extends To, To> = From

/** Whatever the AI SDK streams may be yielded by an agent. */
export type EveryPart = Assignable<AsyncIterable<TextStreamPart<ToolSet>>, AgentStream>

declare function streamText(options: {
  messages: ModelMessage[]
  abortSignal: AbortSignal
}): StreamTextResult<ToolSet, never, never>

/** The stream is returned as it is, at once or after an await, under its old name too. */
export const agent: Agent = ({ signal }) => streamText({ messages: [], abortSignal: signal }).stream

export const byOldName: Agent = ({ signal }) =>
  // oxlint-disable-next-line typescript/no-deprecated -- what most code still says
  streamText({ messages: [], abortSignal: signal }).fullStream

export const asyncAgent: Agent = async ({ signal }) => {
  await Promise.resolve()
  return streamText({ messages: [], abortSignal: signal }).stream
}

export const generator: Agent = async function* ({ messages, signal }) {
  signal.throwIfAborted()
  yield { type: 'text-delta', text: `${messages.length}` }
}

// @ts-expect-error -- a part of no known type
export const wrong: Agent = async function* () {
  yield { type: 'text-dleta', text: '' }
}
