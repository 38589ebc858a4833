import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import { asError, type PendingCommit } from './pending-commit.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import { StorageError } from '../port/storage-error.ts'

export interface BatchWriterOptions {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /** Called for each slice of a commit, in its order, whether it was committed or refused. */
  written: (slice: PendingCommit, result: SliceResult) => void
  /** Called for each slice that breaks its transaction, and for each that was withdrawn. */
  failed: (slice: PendingCommit, error: unknown) => void
  /** Called once per outage; a lock of another process is one after `longBusy`. */
  outage: (error: StorageError) => void
}

/** A lock is mostly gone after some ms; a full database is asked once a second. In ms. */
const delays = { first: 5, last: 1_000 }

/** Other processes hold the lock for some ms; beyond this it is an outage. In ms. */
const longBusy = 1_000

/**
 * Writes slices, one batch after the other. It retries while the database is busy, full, moved or
 * failing. A batch that breaks its transaction is halved until the slice at fault fails alone.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions
  commits = 0
  retries = 0
  /** Why the newest attempt failed; `undefined` once one succeeds. */
  lastError: Error | undefined
  /** How long the newest commit took, in ms, without attempts that failed. */
  lastDuration = 0
  readonly #abandoned = new AbortController()
  /** When the database was first asked to write the oldest slice, by the monotonic clock. */
  #askedSince: number | undefined
  /** Whether `outage` was called for this outage. */
  #told = false
  /**
   * Slices of an attempt whose answer was lost. They are retried, even if withdrawn, until their
   * outcome is known: they may be written, so no caller may be told that they are not, and no other
   * slice may take their places. A later failure says nothing about the attempt before it.
   */
  readonly #unsure = new Set<PendingCommit>()
  /** The slices of the attempt under way. */
  #trying: readonly PendingCommit[] = []

  constructor(options: BatchWriterOptions) {
    this.#options = options
  }

  /** Whether the database was asked to write something that it has not written. */
  get isAsking(): boolean {
    return this.#askedSince !== undefined
  }

  /** How long ago the database last accepted something while it was asked to write, in ms. */
  get stalledFor(): number {
    return this.#askedSince === undefined ? 0 : this.#options.clock.monotonic() - this.#askedSince
  }

  /**
   * Takes a slice out of further attempts. Returns whether it is certain that it was not written: an
   * attempt that is under way may still succeed.
   */
  withdraw(slice: PendingCommit, why: Error): boolean {
    slice.withdrawn = why
    if (isPassing(this.lastError)) this.#tell(this.lastError)
    return !this.#trying.includes(slice) && !this.#unsure.has(slice)
  }

  /** Ends all attempts; no callback is called any more. */
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
    const backoff = new Backoff(delays)
    while (!signal.aborted) {
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
        await backoff.wait(clock, signal)
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

/** Whether the answer of the attempt was lost, so that it may have been written. */
function isUnknown(error: unknown): boolean {
  return error instanceof StorageError && error.failure === 'unknown'
}

/** Whether a retry can help. */
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
