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
import { storeDefaults } from '../options/store-options.ts'
import type { MessageSource } from './message-source.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import { databaseUnavailable, notWritten } from '../errors/database-unavailable.ts'

/** A busy store flushes for at most a quarter of the time: then come three times as long without. */
const stretch = 3
const longestWindow = 1_000

/** How long closing waits for a database that takes nothing when nobody says how long, in ms. */
const closing = 5_000

const { flush: defaults } = storeDefaults

type Matches = (slice: Pick<Slice, 'sessionId' | 'drafts'>) => boolean

/**
 * The one way into the journal. Deltas of all sessions gather for a window and are committed
 * together; structural changes are committed at once, behind what their session has waiting, and
 * those that arrive while a commit is under way share the next one.
 *
 * A failed commit keeps its data and is tried again; calls wait while too much is unflushed.
 */
export class Coalescer {
  readonly #clock: Clock
  readonly #options: CoalescerOptions
  readonly #windowMs: number
  readonly #maxUnflushedBytes: number
  /** How long those wait who are to have an answer, in ms. */
  readonly maxWaitMs: number

  #next = new Batch()
  /** Slices of the next batch that more may join. */
  readonly #gathering = new Map<MessageSource, BufferedDeltas>()
  #inFlight: Batch | undefined
  /** Whether commits are under way or about to be. */
  #committing = false
  /** Whether the next batch goes as soon as the one in flight is done. */
  #due = false
  /** Ends with the turn of the event loop in which something was committed. */
  #turn: Promise<void> | undefined
  #cancelWindow: (() => void) | undefined
  #roomWaiters: (() => void)[] = []
  #unflushedBytes = 0
  #closed = false
  /** Why nothing more is written, once what waited was given up. */
  #abandoned: CaughtupError | undefined
  readonly #writer: BatchWriter
  readonly #counts = { events: 0, eventBytes: 0, deltas: 0 }

  constructor(options: CoalescerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#windowMs = options.windowMs ?? defaults.windowMs
    this.#maxUnflushedBytes = options.maxUnflushedBytes ?? defaults.maxUnflushedBytes
    this.maxWaitMs = options.maxWaitMs ?? defaults.maxWaitMs
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

  /** What the newest attempt to commit failed with; gone once one succeeds. */
  get lastError(): string | undefined {
    const { lastError } = this.#writer
    return lastError && String(lastError)
  }

  get unflushedBytes(): number {
    return this.#unflushedBytes
  }

  /** The window in force now, in ms. */
  get window(): number {
    if (this.#windowMs <= 0) return 0
    return Math.max(this.#windowMs, Math.min(stretch * this.#writer.lastDuration, longestWindow))
  }

  /**
   * Adds an op to what gathers for a message. Nothing is returned where it is simply accepted, else
   * what the call has to wait for: room, or the commit where it is wanted at once.
   */
  delta(source: MessageSource, op: Op, bytes: number, first: boolean): Promise<void> | undefined {
    const slice = this.#buffer(source)
    slice.add(op)
    slice.bytes += bytes
    this.#unflushedBytes += bytes
    return this.#accept(first && this.#options.firstDelta === true)
  }

  /** The same for a message's new whole, which replaces what gathered before. */
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
   * Commits a structural change, behind everything that its session has waiting.
   *
   * @throws CaughtupError `BAD_INPUT` for what could not be read back, and for a change of history
   *   that is not the first draft (`not-first`); `UNAVAILABLE` for what was withdrawn
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

  /** Resolves when everything accepted until now that matches is committed; a no-op when clean. */
  async flush(matches: Matches, signal?: AbortSignal): Promise<void> {
    const committed = this.#pending(matches)
    if (committed) await abortable(committed, signal)
  }

  /**
   * The same for a read, which waits no longer than `maxWaitMs` from when the database took
   * something last: then it is answered from what is committed.
   */
  async settle(matches: Matches, signal?: AbortSignal): Promise<void> {
    const committed = this.#pending(matches)
    if (!committed) return
    const left = this.maxWaitMs - this.#writer.stalledFor
    if (left <= 0) return
    await this.#within(abortable(committed, signal), left)
  }

  /** @throws CaughtupError `UNAVAILABLE` when what is waited for has not come within `maxWaitMs` */
  async answered<T>(outcome: Promise<T>): Promise<T> {
    const answer = await within(outcome, this.#clock, this.maxWaitMs)
    if (answer === 'late') throw this.#unavailable()
    return answer.value
  }

  /** Forgets what waits for a session that was deleted; its callers are told. */
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
   * Takes no more and commits what waits. Gives that up when the signal is aborted, or after 5 s
   * where there is none: then everybody who waits for it is told, and the error that says what it was
   * is returned.
   */
  async close(signal?: AbortSignal): Promise<CaughtupError | undefined> {
    this.#closed = true
    const committed = this.#pending(() => true)
    if (committed) {
      const patience = signal ? Infinity : closing
      const late = await within(abortable(committed, signal), this.#clock, patience)
        .then((outcome) => outcome === 'late')
        .catch(() => true)
      if (late) return this.#abandon()
    }
    this.#cancelWindow?.()
    return undefined
  }

  /**
   * Waits again where the time passed without the database being asked: then the process was
   * blocked, and its timers come before the commit.
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

  /** Nothing more of a slice is tried; the error for its caller. */
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

  /** Fails everything that waits, and whoever waits for it. */
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

  /** What the source's next change joins. */
  #buffer(source: MessageSource): BufferedDeltas {
    this.#assertOpen()
    this.#counts.deltas++
    const gathering = this.#gathering.get(source)
    if (gathering) return gathering
    const slice = new BufferedDeltas(source, this.#clock.now())
    this.#enter(slice, source)
    this.#gathering.set(source, slice)
    return slice
  }

  /** Lets nothing more join a slice of the next batch. */
  #close(slice: PendingCommit): void {
    if (!slice.structural) this.#gathering.delete(slice.source)
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
    // During a commit no window runs: the next begins when it is over, and is as long as it asks for.
    if (!this.#cancelWindow && !this.#committing) this.#openWindow()
    return undefined
  }

  #openWindow(): void {
    this.#cancelWindow = this.#clock.after(this.window, () => {
      this.#cancelWindow = undefined
      this.#commitSoon()
    })
  }

  /** Back-pressure: whoever finds the buffer full waits until a commit has made room. */
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
   * The first commit of a turn of the event loop is made in the next microtask, with all that was
   * called together; what comes later in the same turn shares one at its end. So a program that
   * writes without a pause leaves timers and sockets their turn.
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
    this.#gathering.clear()
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
