import type { MessageWriter } from '@caughtup/store'

import type { AgentStream } from './agent.ts'
import { toRunError } from './agent-error.ts'
import { toFinishReason, type UsageTally } from './agent-usage.ts'
import type { RunEnd } from './execution.ts'
import { readAgentPart } from './read-agent-part.ts'

export interface Drive {
  writer: MessageWriter
  tally: UsageTally
  signal: AbortSignal
  /** A part of a type that is not stored. */
  onIgnored: () => void
  onError: (error: unknown) => void
}

/**
 * Writes an agent's stream, part by part; the agent waits while the store is behind. Returns how
 * it ended. When the signal is aborted the stream is told to return and is waited for no longer
 * than the caller likes: nothing that it yields after that is written.
 */
export async function driveAgent(
  start: () => AgentStream | Promise<AgentStream>,
  drive: Drive,
): Promise<RunEnd> {
  const { signal, onError } = drive
  const stream = await start()
  const iterator = stream[Symbol.asyncIterator]()
  let over = false
  const abandon = () => {
    if (!over) void abandonIterator(iterator, onError)
    over = true
  }
  signal.addEventListener('abort', abandon, { once: true })
  let end: RunEnd = { reason: 'stop' }
  try {
    while (!signal.aborted && !end.error) {
      const result = await iterator.next()
      if (result.done) over = true
      if (result.done || signal.aborted) break
      end = (await writePart(result.value, drive)) ?? end
    }
    return end
  } finally {
    signal.removeEventListener('abort', abandon)
    abandon()
  }
}

/** Returns how the answer ends, for a part that says so. */
async function writePart(yielded: unknown, drive: Drive): Promise<RunEnd | undefined> {
  const part = readAgentPart(yielded)
  if (!part) {
    drive.onIgnored()
    return undefined
  }
  if (part.type === 'error') {
    drive.onError(part.error)
    return { reason: 'error', error: toRunError(part.error) }
  }
  if (part.type === 'finish') {
    drive.tally.finish(part)
    const reason = toFinishReason(part.finishReason)
    return reason === 'error' ? { reason, error: toRunError(undefined) } : { reason }
  }
  if (part.type === 'finish-step') drive.tally.step(part)
  else await drive.writer.write(part)
  return undefined
}

/** Not waited for: a stuck stream never answers. */
async function abandonIterator(
  iterator: AsyncIterator<unknown>,
  onError: Drive['onError'],
): Promise<void> {
  try {
    await iterator.return?.()
  } catch (error) {
    onError(error)
  }
}
