import { type Clock, sleep } from '@caughtup/schema/clock'

import { asError, type PendingCommit } from './pending-commit.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import { StorageError } from '../port/storage-error.ts'

export interface BatchWriterOptions {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /** Called for each slice that was in a commit, in its order, whether it was taken or refused. */
  written: (slice: PendingCommit, result: SliceResult) => void
  /** Called for each slice with which no commit succeeds, and for each that was withdrawn. */
  failed: (slice: PendingCommit, error: unknown) => void
  /** Called once per outage; where another process holds the lock, once that takes long. */
  outage: (error: StorageError) => void
}

/** Delays between attempts, in ms: doubled from the first to the last. */
const firstRetry = 5
const lastRetry = 1_000

/** Other processes hold the lock for some ms; for how long it is an outage, in ms. */
const longBusy = 1_000

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
  lastError: Error | undefined
  /** How long the newest commit took, in ms, without attempts that failed. */
  lastDuration = 0
  readonly #abandoned = new AbortController()
  /** Since when the database has been asked to take the oldest slice, by the monotonic clock. */
  #askedSince: number | undefined
  /** Whether this outage was told of. */
  #told = false
  /**
   * Slices of an attempt whose answer was lost. They are tried again, withdrawn or not, until the
   * database tells: they may be written, so nobody may be told that they are not, and nothing may
   * take their places. A later failure tells nothing of the attempt before it.
   */
  readonly #unsure = new Set<PendingCommit>()
  /** What the attempt under way is to write. */
  #trying: readonly PendingCommit[] = []

  constructor(options: BatchWriterOptions) {
    this.#options = options
  }

  /** Whether the database has been asked for something that it has not taken. */
  get isAsking(): boolean {
    return this.#askedSince !== undefined
  }

  /** For how long the database has taken nothing of what it was asked to write, in ms. */
  get stalledFor(): number {
    return this.#askedSince === undefined ? 0 : this.#options.clock.monotonic() - this.#askedSince
  }

  /**
   * Tries a slice no more. Returns whether it is certain that it was not written: an attempt that
   * is under way may still succeed.
   */
  withdraw(slice: PendingCommit, why: Error): boolean {
    slice.withdrawn = why
    if (isPassing(this.lastError)) this.#tell(this.lastError)
    return !this.#trying.includes(slice) && !this.#unsure.has(slice)
  }

  /** Tries nothing more at all, and calls back no more. */
  abandon(): void {
    this.#abandoned.abort()
  }

  async write(slices: readonly PendingCommit[]): Promise<void> {
    this.#askedSince = this.#options.clock.monotonic()
    try {
      await this.#write(slices)
    } finally {
      this.#askedSince = undefined
    }
  }

  async #write(slices: readonly PendingCommit[]): Promise<void> {
    const { clock, written } = this.#options
    const { signal } = this.#abandoned
    for (let delay = firstRetry; !signal.aborted; delay = Math.min(lastRetry, delay * 2)) {
      const left = this.#withoutWithdrawn(slices)
      if (left.length === 0) return
      let results: SliceResult[]
      try {
        results = await this.#try(left)
      } catch (error) {
        this.lastError = asError(error)
        if (!isPassing(error)) return this.#isolate(left, error)
        this.retries++
        if (error.failure !== 'busy' || this.stalledFor >= longBusy) this.#tell(error)
        await sleep(clock, delay, signal).catch(() => undefined)
        continue
      }
      if (signal.aborted) return
      left.forEach((slice, index) => {
        written(slice, results[index] ?? { refused: 'session-missing' })
      })
      return
    }
  }

  async #try(slices: readonly PendingCommit[]): Promise<SliceResult[]> {
    const { clock, commit } = this.#options
    const startedAt = clock.monotonic()
    this.#trying = slices
    try {
      const results = await commit(slices)
      this.lastDuration = clock.monotonic() - startedAt
      this.#askedSince = clock.monotonic()
      this.commits++
      this.lastError = undefined
      this.#told = false
      for (const slice of slices) this.#unsure.delete(slice)
      return results
    } catch (error) {
      if (isUnknown(error)) for (const slice of slices) this.#unsure.add(slice)
      throw error
    } finally {
      this.#trying = []
    }
  }

  #tell(error: StorageError): void {
    if (!this.#told) this.#options.outage(error)
    this.#told = true
  }

  #withoutWithdrawn(slices: readonly PendingCommit[]): readonly PendingCommit[] {
    const isOut = (slice: PendingCommit) => slice.withdrawn && !this.#unsure.has(slice)
    if (!slices.some(isOut)) return slices
    return slices.filter((slice) => {
      if (!isOut(slice)) return true
      this.#options.failed(slice, slice.withdrawn)
      return false
    })
  }

  async #isolate(slices: readonly PendingCommit[], error: unknown): Promise<void> {
    const [slice] = slices
    if (slice && slices.length === 1) {
      this.#unsure.delete(slice)
      if (!this.#abandoned.signal.aborted) this.#options.failed(slice, error)
      return
    }
    const middle = Math.ceil(slices.length / 2)
    await this.#write(slices.slice(0, middle))
    await this.#write(slices.slice(middle))
  }
}

/** The attempt's answer was lost: it may be written. */
function isUnknown(error: unknown): boolean {
  return error instanceof StorageError && error.failure === 'unknown'
}

/** Whether trying again can help. */
function isPassing(error: unknown): error is StorageError {
  if (!(error instanceof StorageError)) return false
  switch (error.failure) {
    case 'busy':
    case 'full':
    case 'io':
    case 'moved':
    case 'unknown':
      return true
    case 'corrupt':
    case 'closed':
      return false
  }
}
