import type { AgentPart } from '@caughtup/schema'
import type { MessageWriter } from '@caughtup/store'

import type { AgentStream } from '../host/agent.ts'
import { type DescribeError, wordsFor } from '../host/describe-error.ts'
import { withoutValues } from '../runs/run-errors.ts'
import type { UsageTally } from './agent-usage.ts'
import type { RunEnd } from '../runs/run-execution.ts'
import { readAgentPart } from './read-agent-part.ts'
import { StreamEnd } from './stream-end.ts'

export interface Drive {
  writer: MessageWriter
  tally: UsageTally
  signal: AbortSignal
  /** A part of a type that is not stored. */
  onIgnored: () => void
  onError: (error: unknown) => void
  describeError: DescribeError
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
  const streamEnd = new StreamEnd(drive.describeError)
  try {
    while (!signal.aborted && !streamEnd.end.error) {
      const result = await iterator.next()
      if (result.done) over = true
      if (result.done || signal.aborted) break
      const part = await takePart(result.value, drive)
      if (part) streamEnd.take(part)
      else drive.onIgnored()
    }
    return streamEnd.end
  } finally {
    signal.removeEventListener('abort', abandon)
    abandon()
  }
}

/** The part, where it is one to keep. What is wrong with it is said without its values. */
async function takePart(yielded: unknown, drive: Drive): Promise<AgentPart | undefined> {
  try {
    const part = readAgentPart(yielded)
    if (part) await keepPart(part, drive)
    return part
  } catch (error) {
    throw withoutValues(error)
  }
}

async function keepPart(part: AgentPart, drive: Drive): Promise<void> {
  const { writer, tally, onError, describeError } = drive
  if (part.type === 'error') onError(part.error)
  else if (part.type === 'finish') tally.finish(part)
  else if (part.type === 'finish-step') tally.step(part)
  else if (part.type === 'tool-error') {
    onError(part.error)
    await writer.write({
      ...part,
      error: wordsFor(part.error, describeError) ?? 'The tool failed.',
    })
  } else await writer.write(part)
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
