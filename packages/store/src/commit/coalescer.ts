import { CaughtupError, type Op } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { type Clock, within } from '@caughtup/schema/clock'

import { assertHistoryFirst } from '../input/assert-slice.ts'
import type { AppendOptions, CoalescerOptions } from './coalescer-options.ts'
import { BatchWriter } from './batch-writer.ts'
import { jsonBytes } from '../base/bytes.ts'
import { storedDraft } from '../input/stored-value.ts'
import {
  Batch,
  BufferedDeltas,
  type PendingCommit,
  type Replacement,
  ImmediateCommit,
} from './pending-commit.ts'
import type { MessageSource } from './message-source.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import { databaseUnavailable, notWritten } from '../errors/database-unavailable.ts'

/**
 * A busy store flushes for at most a quarter of the time: a window is three times the last commit.
 */
const stretch = 3
/** Readers would see longer windows as stalls. */
const longestWindowMs = 1_000

/**
 * How long closing without a signal waits for a database that accepts no writes: half of what
 * Docker gives a process to stop.
 */
const closingMs = 5_000

type Matches = (slice: Pick<Slice, 'sessionId' | 'drafts'>) => boolean

/**
 * The one way into the journal. Deltas of all sessions are buffered for a window and committed
 * together. A structural change is committed at once, after everything that its session has
 * buffered; changes that arrive during a commit share the next one.
 *
 * A failed commit keeps its data and is retried; calls wait while too much is unflushed.
 */
export class Coalescer {
  readonly #clock: Clock
  readonly #options: CoalescerOptions
  readonly #windowMs: number
  readonly #maxUnflushedBytes: number
  /** How long calls wait for a database that accepts no writes, in ms. */
  readonly maxWaitMs: number

  #next = new Batch()
  /** Slices of the next batch that further deltas may join, by source. */
  readonly #joinable = new Map<MessageSource, BufferedDeltas>()
  #inFlight: Batch | undefined
  /** Whether commits are under way or scheduled. */
  #committing = false
  /** Whether the next batch is committed as soon as the one in flight is done. */
  #due = false
  /** Resolves at the end of the event loop's turn in which a commit was made. */
  #turn: Promise<void> | undefined
  #cancelWindow: (() => void) | undefined
  #roomWaiters: (() => void)[] = []
  #unflushedBytes = 0
  #closed = false
  /** Why nothing is written any more, once buffered changes were given up. */
  #abandoned: CaughtupError | undefined
  readonly #writer: BatchWriter
  readonly #counts = { events: 0, eventBytes: 0, deltas: 0 }

  constructor(options: CoalescerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#windowMs = options.windowMs
    this.#maxUnflushedBytes = options.maxUnflushedBytes
    this.maxWaitMs = options.maxWaitMs
    this.#writer = new BatchWriter({
      clock: this.#clock,
      commit: options.commit,
      written: (slice, result) => this.#settle(slice, result),
      failed: (slice, error) => {
        this.#unflushedBytes -= slice.bytes
        slice.fail(error)
      },
      outage: (error) => options.outage?.(error),
    })
  }

  get counts() {
    const { commits, retries } = this.#writer
    return { commits, ...this.#counts, retries }
  }

  /** Why the newest attempt to commit failed; `undefined` once one succeeds. */
  get lastError(): string | undefined {
    const { lastError } = this.#writer
    return lastError && String(lastError)
  }

  get unflushedBytes(): number {
    return this.#unflushedBytes
  }

  /** The current length of the window, in ms. */
  get window(): number {
    if (this.#windowMs <= 0) return 0
    return Math.max(this.#windowMs, Math.min(stretch * this.#writer.lastDuration, longestWindowMs))
  }

  /**
   * Adds an op to the buffered deltas of a message. Returns `undefined` if it was simply accepted,
   * else a promise for the call to await: of room in the buffer, or of the commit.
   */
  delta(source: MessageSource, op: Op, bytes: number, first: boolean): Promise<void> | undefined {
    const slice = this.#buffer(source)
    slice.add(op)
    slice.bytes += bytes
    this.#unflushedBytes += bytes
    return this.#accept(first && this.#options.firstDelta)
  }

  /** The same for a whole new state of a message, which replaces its buffered deltas. */
  replace(
    source: MessageSource,
    replacement: Replacement,
    bytes: number,
  ): Promise<void> | undefined {
    const slice = this.#buffer(source)
    slice.replace(replacement)
    this.#unflushedBytes += bytes - slice.bytes
    slice.bytes = bytes
    return this.#accept(false)
  }

  /**
   * Commits a structural change, after everything that its session has buffered.
   *
   * @throws CaughtupError `BAD_INPUT` for drafts that would not read back, and for a change of
   *   history behind another draft (`not-first`); `UNAVAILABLE` for a change that was withdrawn
   */
  async append(
    change: Pick<Slice, 'sessionId' | 'drafts' | 'guard'>,
    { signal, source, maxWaitMs }: AppendOptions,
  ): Promise<SliceResult> {
    this.#assertOpen()
    signal?.throwIfAborted()
    const drafts = change.drafts.map(storedDraft)
    assertHistoryFirst(drafts)
    const slice = new ImmediateCommit(
      { ...change, drafts, at: this.#clock.now() },
      jsonBytes(drafts),
    )
    for (const other of this.#next.slices) {
      if (other.sessionId === slice.sessionId) this.#close(other)
    }
    this.#enter(slice, source)
    this.#unflushedBytes += slice.bytes
    this.#commitSoon()
    const outcome = await this.#within(abortable(slice.outcome, signal), maxWaitMs)
    if (outcome === 'late') throw this.#withdraw(slice)
    return abortable(slice.result(), signal)
  }

  /** Resolves when every matching change accepted until now is committed. */
  async flush(matches: Matches, signal?: AbortSignal): Promise<void> {
    const committed = this.#pending(matches)
    if (committed) await abortable(committed, signal)
  }

  /**
   * The same for a read, which waits until the database has accepted nothing for `maxWaitMs`. It is
   * then answered from what is committed.
   */
  async settle(matches: Matches, signal?: AbortSignal): Promise<void> {
    const committed = this.#pending(matches)
    if (!committed) return
    const left = this.maxWaitMs - this.#writer.stalledFor
    if (left <= 0) return
    await this.#within(abortable(committed, signal), left)
  }

  /** @throws CaughtupError `UNAVAILABLE` if there is no outcome within `maxWaitMs` */
  async answered<T>(outcome: Promise<T>): Promise<T> {
    const answer = await within(outcome, this.#clock, this.maxWaitMs)
    if (answer === 'late') throw this.#unavailable()
    return answer.value
  }

  /** Drops the buffered changes of a session that was deleted; their calls fail. */
  drop(sessionId: string): void {
    const { slices } = this.#next
    this.#next.slices = slices.filter((slice) => slice.sessionId !== sessionId)
    for (const slice of [...slices, ...(this.#inFlight?.slices ?? [])]) {
      if (slice.sessionId === sessionId) slice.dropped = true
    }
    for (const slice of slices) {
      if (!slice.dropped) continue
      this.#close(slice)
      this.#settle(slice, { refused: 'session-missing' })
    }
    this.#makeRoom()
  }

  /**
   * Accepts nothing more and commits what is buffered. It gives up when the signal is aborted, or
   * after 5 s without a signal: the waiting calls then fail with the error that it returns.
   */
  async close(signal?: AbortSignal): Promise<CaughtupError | undefined> {
    this.#closed = true
    const committed = this.#pending(() => true)
    if (committed) {
      const patience = signal ? Infinity : closingMs
      const late = await within(abortable(committed, signal), this.#clock, patience)
        .then((outcome) => outcome === 'late')
        .catch(() => true)
      if (late) return this.#abandon()
    }
    this.#cancelWindow?.()
    return undefined
  }

  /**
   * Waits once more if the database was asked for nothing during the wait: the process was blocked,
   * and its timers fire before the commit begins.
   */
  async #within<T>(outcome: Promise<T>, ms: number): Promise<{ value: T } | 'late'> {
    for (;;) {
      const answer = await within(outcome, this.#clock, ms)
      if (answer !== 'late' || this.#writer.isAsking) return answer
    }
  }

  #pending(matches: Matches): Promise<void> | undefined {
    if (this.#next.slices.some(matches)) {
      this.#commitSoon()
      return this.#next.done.promise
    }
    return this.#inFlight?.slices.some(matches) ? this.#inFlight.done.promise : undefined
  }

  /** Takes a slice out of further attempts and returns the error for its caller. */
  #withdraw(slice: ImmediateCommit): CaughtupError {
    const why = this.#unavailable()
    const index = this.#next.slices.indexOf(slice)
    if (index >= 0) {
      this.#next.slices.splice(index, 1)
      this.#unflushedBytes -= slice.bytes
      this.#makeRoom()
      return why
    }
    return this.#writer.withdraw(slice, why) ? why : this.#unavailable('outcome-unknown')
  }

  #unavailable(reason?: 'outcome-unknown'): CaughtupError {
    return databaseUnavailable(this.#writer.lastError, this.maxWaitMs, reason)
  }

  /** Fails all buffered changes and the calls that wait for them. */
  #abandon(): CaughtupError {
    const batches = this.#inFlight ? [this.#inFlight, this.#next] : [this.#next]
    const left = batches.flatMap(({ slices }) => slices).filter((slice) => !slice.withdrawn)
    const error = notWritten(left, this.#writer.lastError)
    this.#abandoned = error
    this.#writer.abandon()
    this.#cancelWindow?.()
    for (const slice of left) slice.fail(error)
    for (const batch of batches) batch.done.reject(error)
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
    return error
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new CaughtupError('UNAVAILABLE', 'The store is closed: nothing more is written.', {
        reason: 'shutting-down',
      })
    }
  }

  /** The slice that the source's next delta joins. */
  #buffer(source: MessageSource): BufferedDeltas {
    this.#assertOpen()
    this.#counts.deltas++
    const buffered = this.#joinable.get(source)
    if (buffered) return buffered
    const slice = new BufferedDeltas(source, this.#clock.now())
    this.#enter(slice, source)
    this.#joinable.set(source, slice)
    return slice
  }

  /** Closes a slice of the next batch to further deltas. */
  #close(slice: PendingCommit): void {
    if (!slice.structural) this.#joinable.delete(slice.source)
  }

  #enter(slice: PendingCommit, source: MessageSource | undefined): void {
    this.#next.slices.push(slice)
    this.#options.entered?.(slice, source)
  }

  #accept(atOnce: boolean): Promise<void> | undefined {
    if (atOnce || this.#windowMs <= 0) {
      this.#commitSoon()
      return this.#next.done.promise
    }
    if (this.#unflushedBytes > this.#maxUnflushedBytes) return this.#room()
    // No window runs during a commit: the next one begins after it, because its length depends on
    // it.
    if (!this.#cancelWindow && !this.#committing) this.#openWindow()
    return undefined
  }

  #openWindow(): void {
    this.#cancelWindow = this.#clock.after(this.window, () => {
      this.#cancelWindow = undefined
      this.#commitSoon()
    })
  }

  /** Back-pressure: a call that finds the buffer full waits until a commit has made room. */
  async #room(): Promise<void> {
    while (this.#unflushedBytes > this.#maxUnflushedBytes) {
      if (this.#abandoned) throw this.#abandoned
      this.#commitSoon()
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  #makeRoom(): void {
    if (this.#unflushedBytes > this.#maxUnflushedBytes) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }

  #commitSoon(): void {
    this.#due = true
    if (!this.#committing) void this.#commitAll()
  }

  /**
   * The first commit of an event loop turn is made in the next microtask, with all changes of the
   * same synchronous code. Later changes of the turn share a commit at its end, so that a program
   * that writes without a pause lets timers and sockets run.
   */
  async #commitAll(): Promise<void> {
    this.#committing = true
    while (this.#due) {
      await this.#turn
      this.#due = false
      await this.#commitNext()
      this.#turn ??= this.#endOfTurn()
    }
    this.#committing = false
    if (this.#next.slices.length > 0 && !this.#abandoned) this.#openWindow()
  }

  async #endOfTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#turn = undefined
  }

  async #commitNext(): Promise<void> {
    this.#cancelWindow?.()
    this.#cancelWindow = undefined
    const batch = this.#next
    this.#next = new Batch()
    this.#inFlight = batch
    this.#joinable.clear()
    if (batch.slices.length > 0) await this.#writer.write(batch.slices)
    this.#inFlight = undefined
    batch.done.resolve()
    this.#makeRoom()
  }

  #settle(slice: PendingCommit, result: SliceResult): void {
    this.#unflushedBytes -= slice.bytes
    if (slice.dropped) {
      slice.settle({ refused: 'session-missing' }, undefined)
    } else if (result.refused === undefined) {
      this.#counts.events += result.events.length
      this.#counts.eventBytes += slice.bytes
      slice.settle(result, this.#options.committed(result, slice, slice.structural))
    } else {
      slice.settle(result, undefined)
    }
  }
}
