import type { AgentPart } from '@caughtup/schema'
import type { MessageWriter } from '@caughtup/store'

import type { AgentStream } from './agent.ts'
import type { UsageTally } from './agent-usage.ts'
import type { RunEnd } from './execution.ts'
import { readAgentPart } from './read-agent-part.ts'
import { StreamEnd } from './stream-end.ts'

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
  const streamEnd = new StreamEnd()
  try {
    while (!signal.aborted && !streamEnd.end.error) {
      const result = await iterator.next()
      if (result.done) over = true
      if (result.done || signal.aborted) break
      const part = readAgentPart(result.value)
      if (!part) {
        drive.onIgnored()
        continue
      }
      streamEnd.take(part)
      await takePart(part, drive)
    }
    return streamEnd.end
  } finally {
    signal.removeEventListener('abort', abandon)
    abandon()
  }
}

async function takePart(part: AgentPart, { writer, tally, onError }: Drive): Promise<void> {
  if (part.type === 'error') onError(part.error)
  else if (part.type === 'finish') tally.finish(part)
  else if (part.type === 'finish-step') tally.step(part)
  else await writer.write(part)
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
