import type { Message } from '@caughtup/schema'

/** The open answer of a run, in which it can go on. */
export function openAnswer(open: readonly Message[], runId: string): Message | undefined {
  return open.find(({ role, metadata }) => role === 'assistant' && metadata.runId === runId)
}
