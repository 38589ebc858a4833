import { CaughtupError, type EventDraft, type Op } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { type Clock, sleep } from '@caughtup/schema/clock'
import { mergeOps } from '@caughtup/schema/fold'

import { jsonBytes, storedDrafts } from './json.ts'
import { type Slice, type SliceResult, StorageError, type StorageFailure } from './storage.ts'

export interface FlushOptions {
  /**
   * How long deltas gather before they are committed, in ms; one window for the whole store.
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
   * Called after each commit, in the order of commits, once per slice that was taken.
   * `structural` is false for a window's deltas. The slice's caller waits for what it returns;
   * the next commit does not.
   */
  committed: (result: Taken, slice: Slice, structural: boolean) => Promise<void> | undefined
}

export type Taken = Exclude<SliceResult, { refused: string }>

/** The deltas of one message that gather, or one structural change that stands by itself. */
interface Pending extends Slice {
  /** Whether it is a window's deltas. */
  readonly gathers: boolean
  drafts: EventDraft[]
  readonly outcome: PromiseWithResolvers<SliceResult>
  /** Set once it is committed: what its caller waits for besides. */
  delivered?: Promise<void> | undefined
  bytes: number
}

/** A busy store flushes for at most a quarter of the time: the window is three flushes at least. */
const stretch = 3
const longestWindow = 1_000
const firstRetry = 5
const lastRetry = 1_000

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

  #pending: Pending[] = []
  /** Deltas that more may join, by session and message; a structural change closes its session's. */
  readonly #gathering = new Map<string, Map<string, Pending>>()
  #inFlight: readonly Pending[] = []
  #running: Promise<void> | undefined
  #again = false
  #cancelWindow: (() => void) | undefined
  #roomWaiters: (() => void)[] = []
  #unflushedBytes = 0
  #lastFlushMs = 0
  #closed = false

  readonly counts = { commits: 0, events: 0, eventBytes: 0, deltas: 0, retries: 0 }
  lastError: string | undefined

  constructor(options: CoalescerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#windowMs = options.windowMs ?? 33
    this.#maxUnflushedBytes = options.maxUnflushedBytes ?? 8 * 1024 * 1024
  }

  get unflushedBytes(): number {
    return this.#unflushedBytes
  }

  /** The window in force now, in ms. */
  get window(): number {
    if (this.#windowMs <= 0) return 0
    return Math.max(this.#windowMs, Math.min(stretch * this.#lastFlushMs, longestWindow))
  }

  /**
   * Adds ops to a message; they are committed with the window. Resolves once there is room for
   * more. `outcome` is shared by all deltas that gather in the same slice.
   */
  delta(target: {
    sessionId: string
    runId: string
    messageId: string
    ops: readonly Op[]
    bytes: number
    first: boolean
  }): { accepted: Promise<void>; outcome: Promise<SliceResult> } {
    this.#assertOpen()
    const { sessionId, runId, messageId, ops, bytes } = target
    this.counts.deltas++
    const pending =
      this.#gathering.get(sessionId)?.get(messageId) ?? this.#gather(sessionId, runId, messageId)
    const [gathered] = pending.drafts
    const merged = gathered?.type === 'message-delta' ? mergeOps(gathered.ops, ops) : [...ops]
    pending.drafts = [{ type: 'message-delta', messageId, ops: merged }]
    this.#account(pending, bytes)
    const outcome = pending.outcome.promise
    if (this.#windowMs <= 0 || (target.first && this.#options.firstDelta)) {
      this.#commitSoon()
      return { accepted: outcome.then(() => undefined), outcome }
    }
    this.#arm()
    return { accepted: this.#room(), outcome }
  }

  /**
   * Commits a structural change, behind everything that its session has waiting.
   *
   * @throws CaughtupError `BAD_INPUT` for what could not be read back
   */
  async append(
    slice: Pick<Slice, 'sessionId' | 'drafts' | 'guard'>,
    signal?: AbortSignal,
  ): Promise<SliceResult> {
    this.#assertOpen()
    signal?.throwIfAborted()
    const { sessionId, guard } = slice
    const drafts = storedDrafts(slice.drafts)
    const pending: Pending = {
      sessionId,
      at: this.#clock.now(),
      ...(guard && { guard }),
      drafts,
      gathers: false,
      outcome: Promise.withResolvers(),
      bytes: 0,
    }
    this.#gathering.delete(sessionId)
    this.#pending.push(pending)
    this.#account(pending, jsonBytes(drafts))
    this.#commitSoon()
    const result = await abortable(pending.outcome.promise, signal)
    if (pending.delivered) await abortable(pending.delivered, signal)
    return result
  }

  /** Resolves when everything accepted until now that matches is committed; a no-op when clean. */
  async flush(
    matches: (pending: Pick<Slice, 'sessionId' | 'drafts'>) => boolean,
    signal?: AbortSignal,
  ) {
    const waiting = this.#pending.filter(matches)
    const outcomes = [...this.#inFlight.filter(matches), ...waiting].map((p) => p.outcome.promise)
    if (outcomes.length === 0) return
    if (waiting.length > 0) this.#commitSoon()
    await abortable(Promise.allSettled(outcomes), signal)
  }

  /** Forgets what waits for a session that was deleted; its callers are told. */
  drop(sessionId: string): void {
    const dropped = this.#pending.filter((pending) => pending.sessionId === sessionId)
    this.#pending = this.#pending.filter((pending) => pending.sessionId !== sessionId)
    this.#gathering.delete(sessionId)
    for (const pending of dropped) this.#settle(pending, { refused: 'session-missing' })
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

  #gather(sessionId: string, runId: string, messageId: string): Pending {
    const pending: Pending = {
      sessionId,
      at: this.#clock.now(),
      guard: { is: 'run', runId },
      drafts: [],
      gathers: true,
      outcome: Promise.withResolvers(),
      bytes: 0,
    }
    this.#pending.push(pending)
    const gathering = this.#gathering.get(sessionId) ?? new Map<string, Pending>()
    this.#gathering.set(sessionId, gathering.set(messageId, pending))
    return pending
  }

  #account(pending: Pending, bytes: number): void {
    pending.bytes += bytes
    this.#unflushedBytes += bytes
  }

  #arm(): void {
    this.#cancelWindow ??= this.#clock.after(this.window, () => {
      this.#cancelWindow = undefined
      this.#commitSoon()
    })
  }

  /** Back-pressure: whoever finds the buffer full waits until a commit has made room. */
  async #room(): Promise<void> {
    while (this.#unflushedBytes > this.#maxUnflushedBytes) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  #makeRoom(): void {
    if (this.#unflushedBytes > this.#maxUnflushedBytes) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }

  /** Commits all that waits in the next microtask, so that calls made together go together. */
  #commitSoon(): void {
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = (async () => {
      await Promise.resolve()
      do {
        this.#again = false
        await this.#commitPending()
      } while (this.#again)
      this.#running = undefined
    })()
  }

  async #commitPending(): Promise<void> {
    this.#cancelWindow?.()
    this.#cancelWindow = undefined
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    this.#gathering.clear()
    this.#inFlight = batch
    await this.#write(batch)
    this.#inFlight = []
    this.#makeRoom()
  }

  /** Writes a batch, however long the database is busy or full. */
  async #write(batch: readonly Pending[]): Promise<void> {
    let results: SliceResult[] | undefined
    for (let delay = firstRetry; !results; delay = Math.min(lastRetry, delay * 2)) {
      const startedAt = this.#clock.monotonic()
      try {
        results = await this.#options.commit(batch)
        this.#lastFlushMs = this.#clock.monotonic() - startedAt
        this.counts.commits++
        this.lastError = undefined
      } catch (error) {
        this.lastError = String(error)
        if (!(error instanceof StorageError)) return this.#isolate(batch, error)
        if (!isPassing(error.failure)) return this.#fail(batch, error)
        this.counts.retries++
        await sleep(this.#clock, delay)
      }
    }
    for (const [index, pending] of batch.entries()) {
      this.#settle(pending, results[index] ?? { refused: 'session-missing' })
    }
  }

  /** One slice breaks the transaction: each is tried by itself, so that only its callers fail. */
  async #isolate(batch: readonly Pending[], error: unknown): Promise<void> {
    if (batch.length === 1) return this.#fail(batch, error)
    for (const pending of batch) await this.#write([pending])
  }

  #fail(batch: readonly Pending[], error: unknown): void {
    for (const pending of batch) {
      this.#unflushedBytes -= pending.bytes
      // Deltas have no caller that waits; what they were part of says it at its next call.
      pending.outcome.promise.catch(() => undefined)
      pending.outcome.reject(error)
    }
  }

  #settle(pending: Pending, result: SliceResult): void {
    this.#unflushedBytes -= pending.bytes
    if (result.refused === undefined) {
      this.counts.events += result.events.length
      this.counts.eventBytes += pending.bytes
      pending.delivered = this.#options.committed(result, pending, !pending.gathers)
    }
    pending.outcome.resolve(result)
  }
}

/** Whether trying again can help. */
function isPassing(failure: StorageFailure): boolean {
  return failure === 'busy' || failure === 'full' || failure === 'io'
}
