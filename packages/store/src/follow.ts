import { CaughtupError } from '@caughtup/schema'

import { abortable } from '@caughtup/schema/abortable'
import type { Bell } from './bell.ts'
import type { EventBatch } from './storage.ts'

/**
 * A subscriber is a cursor: take the bell, read what lies after the cursor, yield it as one
 * bounded batch, or else wait for the bell. There is no queue, so a slow reader costs no memory
 * and gets fewer, larger batches.
 *
 * Returns when the session is deleted or `ended` is aborted; throws `signal`'s reason.
 */
export async function* follow(options: {
  sessionId: string
  after: number
  bell: Bell
  read: (after: number) => Promise<EventBatch>
  signal: AbortSignal
  ended: AbortSignal
}): AsyncGenerator<EventBatch, void, undefined> {
  const { sessionId, bell, read, signal, ended } = options
  let { after } = options
  using listener = bell.listen(sessionId)
  while (!ended.aborted) {
    signal.throwIfAborted()
    listener.quiet()
    let batch: EventBatch
    try {
      batch = await abortable(read(after), signal)
    } catch (error) {
      if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return
      throw error
    }
    if (batch.events.length > 0) {
      after = batch.cursor.seq
      yield batch
    } else {
      await listener.rung(signal)
    }
  }
}

/**
 * Reads for followers: those that stand at the same cursor share one batch, built once. What it
 * keeps is one batch per session, until the next commit.
 */
export class SharedReads {
  readonly #read: (sessionId: string, after: number) => Promise<EventBatch>
  readonly #newest = new Map<string, { after: number; batch: Promise<EventBatch> }>()

  constructor(read: (sessionId: string, after: number) => Promise<EventBatch>) {
    this.#read = read
  }

  read(sessionId: string, after: number): Promise<EventBatch> {
    const shared = this.#newest.get(sessionId)
    if (shared?.after === after) return shared.batch
    const batch = this.#read(sessionId, after)
    this.#newest.set(sessionId, { after, batch })
    // A failed read is every present reader's error, but nobody's later on.
    batch.catch(() => this.forget(sessionId))
    return batch
  }

  /** To be called when the session changed, before its bell is rung. */
  forget(sessionId: string): void {
    this.#newest.delete(sessionId)
  }
}
