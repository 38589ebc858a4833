import { type Clock, sleep } from '@caughtup/schema/clock'

import type { Pending } from './pending.ts'
import { type Slice, type SliceResult, StorageError } from '../storage.ts'

export interface BatchWriterOptions {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /** Called for each slice that was in a commit, in its order, whether it was taken or refused. */
  written: (slice: Pending, result: SliceResult) => void
  /** Called for each slice with which no commit succeeds. */
  failed: (slice: Pending, error: unknown) => void
}

/** Delays between attempts, in ms: doubled from the first to the last. */
const firstRetry = 5
const lastRetry = 1_000

/**
 * Gets slices written, one batch after the other: again and again while the database is busy, full
 * or cannot be read or written; in halves where something in them breaks the transaction, so that
 * it fails alone.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions
  commits = 0
  retries = 0
  /** What the newest attempt failed with; gone once one succeeds. */
  lastError: string | undefined
  /** How long the newest commit took, in ms, without attempts that failed. */
  lastDuration = 0

  constructor(options: BatchWriterOptions) {
    this.#options = options
  }

  async write(slices: readonly Pending[]): Promise<void> {
    const { clock, commit, written } = this.#options
    let results: SliceResult[] | undefined
    for (let delay = firstRetry; !results; delay = Math.min(lastRetry, delay * 2)) {
      const startedAt = clock.monotonic()
      try {
        results = await commit(slices)
        this.lastDuration = clock.monotonic() - startedAt
        this.commits++
        this.lastError = undefined
      } catch (error) {
        this.lastError = String(error)
        if (!isPassing(error)) return this.#isolate(slices, error)
        this.retries++
        await sleep(clock, delay)
      }
    }
    const taken = results
    slices.forEach((slice, index) => {
      written(slice, taken[index] ?? { refused: 'session-missing' })
    })
  }

  async #isolate(slices: readonly Pending[], error: unknown): Promise<void> {
    const [slice] = slices
    if (slice && slices.length === 1) {
      this.#options.failed(slice, error)
      return
    }
    const middle = Math.ceil(slices.length / 2)
    await this.write(slices.slice(0, middle))
    await this.write(slices.slice(middle))
  }
}

/** Whether trying again can help. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false
  const { failure } = error
  return failure === 'busy' || failure === 'full' || failure === 'io'
}
