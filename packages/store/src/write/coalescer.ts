import { CaughtupError, type Op } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'

import { assertHistoryFirst } from './assert-history-first.ts'
import { BatchWriter } from './batch-writer.ts'
import { jsonBytes, storedDraft } from '../engine/json.ts'
import { Gathered, type Pending, type Replacement, Structural } from './pending.ts'
import type { Source } from './source.ts'
import type { Slice, SliceResult } from '../storage.ts'

export interface FlushOptions {
  /**
   * How long deltas gather before they are committed, in ms; one window for the whole store. Under
   * load it stretches, to 1 s at most, so that flushing takes a quarter of the time.
   * 0 or less commits each delta before its call returns. @default 33
   */
  windowMs?: number
  /** Commit the first delta of each message at once, for the shortest time to first text. @default false */
  firstDelta?: boolean
  /** Bytes that may wait to be committed before calls wait instead. @default 8 MiB */
  maxUnflushedBytes?: number
}

export interface CoalescerOptions extends FlushOptions {
  clock: Clock
  commit: (slices: readonly Slice[]) => Promise<SliceResult[]>
  /**
   * Called when something is accepted that a commit will take: a structural change, or the first
   * delta of a message in a window. `source` is whoever writes the message, where that is known.
   */
  entered?: (slice: Slice, source: Source | undefined) => void
  /**
   * Called after each commit, in the order of commits, once per slice that was taken.
   * `structural` is false for a window's deltas. The slice's caller waits for what it returns;
   * the next commit does not.
   */
  committed: (result: Taken, slice: Slice, structural: boolean) => Promise<void> | undefined
}

export type Taken = Exclude<SliceResult, { refused: string }>

/** A busy store flushes for at most a quarter of the time: then come three times as long without. */
const stretch = 3
const longestWindow = 1_000

/** What one commit takes. */
class Batch {
  slices: Pending[] = []
  /** When it is over, whatever came of it. */
  readonly done = Promise.withResolvers<void>()
}

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

  #next = new Batch()
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
  readonly #writer: BatchWriter
  readonly #counts = { events: 0, eventBytes: 0, deltas: 0 }

  constructor(options: CoalescerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#windowMs = options.windowMs ?? 33
    this.#maxUnflushedBytes = options.maxUnflushedBytes ?? 8 * 1024 * 1024
    this.#writer = new BatchWriter({
      clock: this.#clock,
      commit: options.commit,
      written: (slice, result) => this.#settle(slice, result),
      failed: (slice, error) => {
        this.#unflushedBytes -= slice.bytes
        slice.fail(error)
      },
    })
  }

  get counts() {
    const { commits, retries } = this.#writer
    return { commits, ...this.#counts, retries }
  }

  /** What the newest attempt to commit failed with; gone once one succeeds. */
  get lastError(): string | undefined {
    return this.#writer.lastError
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
  delta(source: Source, op: Op, bytes: number, first: boolean): Promise<void> | undefined {
    const slice = this.#gathering(source)
    slice.add(op)
    slice.bytes += bytes
    this.#unflushedBytes += bytes
    return this.#accept(first && this.#options.firstDelta === true)
  }

  /** The same for a message's new whole, which replaces what gathered before. */
  replace(source: Source, replacement: Replacement, bytes: number): Promise<void> | undefined {
    const slice = this.#gathering(source)
    slice.replace(replacement)
    this.#unflushedBytes += bytes - slice.bytes
    slice.bytes = bytes
    return this.#accept(false)
  }

  /**
   * Commits a structural change, behind everything that its session has waiting. An abort ends the
   * wait; what was accepted is committed all the same.
   *
   * @throws CaughtupError `BAD_INPUT` for what could not be read back, and for a change of history
   *   that is not the first draft (`not-first`)
   */
  async append(
    change: Pick<Slice, 'sessionId' | 'drafts' | 'guard'>,
    signal?: AbortSignal,
    source?: Source,
  ): Promise<SliceResult> {
    this.#assertOpen()
    signal?.throwIfAborted()
    const drafts = change.drafts.map(storedDraft)
    assertHistoryFirst(drafts)
    const slice = new Structural({ ...change, drafts, at: this.#clock.now() }, jsonBytes(drafts))
    for (const other of this.#next.slices) {
      if (other.sessionId === slice.sessionId) other.close()
    }
    this.#enter(slice, source)
    this.#unflushedBytes += slice.bytes
    this.#commitSoon()
    return abortable(slice.result(), signal)
  }

  /** Resolves when everything accepted until now that matches is committed; a no-op when clean. */
  async flush(
    matches: (slice: Pick<Slice, 'sessionId' | 'drafts'>) => boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#next.slices.some(matches)) {
      this.#commitSoon()
      await abortable(this.#next.done.promise, signal)
    } else if (this.#inFlight?.slices.some(matches)) {
      await abortable(this.#inFlight.done.promise, signal)
    }
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
      slice.close()
      this.#settle(slice, { refused: 'session-missing' })
    }
    this.#makeRoom()
  }

  /** Takes no more and commits what waits; gives that up when the signal is aborted. */
  async close(signal?: AbortSignal): Promise<void> {
    this.#closed = true
    await this.flush(() => true, signal)
    this.#cancelWindow?.()
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new CaughtupError('UNAVAILABLE', 'The store is closed: nothing more is written.', {
        reason: 'shutting-down',
      })
    }
  }

  #gathering(source: Source): Gathered {
    this.#assertOpen()
    this.#counts.deltas++
    if (source.gathering) return source.gathering
    const slice = new Gathered(source, this.#clock.now())
    this.#enter(slice, source)
    source.gathering = slice
    return slice
  }

  #enter(slice: Pending, source: Source | undefined): void {
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
    if (this.#next.slices.length > 0) this.#openWindow()
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
    for (const slice of batch.slices) slice.close()
    if (batch.slices.length > 0) await this.#writer.write(batch.slices)
    this.#inFlight = undefined
    batch.done.resolve()
    this.#makeRoom()
  }

  #settle(slice: Pending, result: SliceResult): void {
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
