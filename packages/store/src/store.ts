import type {
  Cursor,
  EventDraft,
  Limits,
  Message,
  MessageDraft,
  Page,
  ReplayReason,
  StoreStats,
} from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'

import { ActivityFeed } from './follow/activity-feed.ts'
import { assertIds, assertInput, durationOrInfinite } from './input/assert-input.ts'
import { assertSlice } from './input/assert-slice.ts'
import { assertStoreOptions } from './assert-store-options.ts'
import type { Broker } from './follow/broker.ts'
import { Coalescer, type Committed } from './commit/coalescer.ts'
import { Audience } from './follow/audience.ts'
import type { FollowedBatch } from './follow/followers.ts'
import { History } from './api/history.ts'
import { Journal } from './api/journal.ts'
import type { StoreUpdate } from './follow/store-update.ts'
import { MessageUpdater } from './compose/whole-state/message-updater.ts'
import { MessageWriter, type WriterTarget } from './compose/message-writer.ts'
import { type Probe, probeSession } from './api/probe.ts'
import type { ImportedRow } from './import/imported-row.ts'
import { importRows } from './import/import-rows.ts'
import type { Reconciled, ReconcileOptions } from './import/reconciled.ts'
import { resolveOnError } from './base/on-error.ts'
import { Reads } from './api/reads.ts'
import { resolveLimits } from './resolve-limits.ts'
import { Sessions } from './api/sessions.ts'
import type { Guard, Slice, SliceResult } from './port/commit.ts'
import type { EventBatch, SessionHead, Window } from './port/reading.ts'
import type { ActiveRun } from './port/sessions.ts'
import type { Storage } from './port/storage.ts'
import { StoreFigures } from './telemetry/store-figures.ts'
import type { AppendWaiting, StoreOptions, Waiting } from './store-options.ts'
import { resolveRetention, Maintenance } from './maintenance/maintenance.ts'
import { isAbout } from './compose/is-about.ts'
import { rollUp, type SessionUsage, usageOf } from './api/usage-ledger.ts'

/**
 * Opens the database and gives the store on it. Close it before the process ends.
 *
 * @throws CaughtupError `BAD_INPUT` for an option that cannot be followed; what `storage` throws
 */
export async function createStore(options: StoreOptions): Promise<Store> {
  assertStoreOptions(options)
  const { clock = systemClock, random = Math.random } = options
  const limits = resolveLimits(options.limits)
  // Checked before the database is opened.
  resolveRetention(options.retention)
  return new Store(await options.storage.open({ clock, random }), { ...options, limits })
}

/** Sessions, their journals, and everything that is read from them. See {@link createStore}. */
export class Store {
  readonly clock: Clock
  readonly limits: Readonly<Limits>
  readonly sessions: Sessions
  readonly activity: ActivityFeed
  /**
   * What this process does to sessions, for code in it: window flushes are published lossy, all else
   * must-deliver. Another process tells what it does on its own store.
   */
  readonly updates: Broker<StoreUpdate>

  /** Changing what a session's history holds, and looking through it. */
  readonly history: History
  /** Looking through a session's journal, entry by entry. */
  readonly journal: Journal

  readonly #storage: Storage
  readonly #coalescer: Coalescer
  readonly #updater: MessageUpdater
  readonly #reads: Reads
  readonly #bells: Audience
  readonly #upkeep: Maintenance
  readonly #figures: StoreFigures
  readonly #closing = new AbortController()
  /** Whether the upkeep may complete something that nobody was told of. */
  #left = true
  #closed: Promise<void> | undefined

  constructor(storage: Storage, options: StoreOptions & { limits: Readonly<Limits> }) {
    const { clock = systemClock, random = Math.random, limits } = options
    const onError = resolveOnError(options.onError)
    const ended = this.#closing.signal
    this.clock = clock
    this.limits = limits
    this.#storage = storage
    this.#bells = new Audience({
      storage,
      clock,
      batchBytes: limits.windowBytes,
      updates: options.updates,
      remote: () => this.#upkeep.touched('deltas'),
      onError,
      ended,
    })
    const { activity: audience, updates, followers, watch } = this.#bells
    this.updates = updates.broker
    this.#coalescer = new Coalescer({
      ...options.flush,
      clock,
      commit: (slices) => this.#figures.measure(slices, (each) => storage.commit(each)),
      entered: (slice, source) => this.#updater.entered(slice, source),
      committed: (result, slice, structural) => this.#committed(result, slice, structural),
      outage: (error) => onError(error, 'writing to the database'),
    })
    const coalescer = this.#coalescer
    this.#reads = new Reads({ storage, limits, coalescer, windows: this.#bells.windows })
    this.#updater = new MessageUpdater({ coalescer, limits, read: this.#reads.wholeMessage })
    this.activity = new ActivityFeed({ storage, limits, clock, random, audience, watch, ended })
    this.sessions = new Sessions(storage, limits, clock, {
      created: (sessionId, members) => this.#bells.created(sessionId, members),
      renamed: (sessionId) => audience.changed(sessionId),
      deleted: (sessionId, members) => this.#deleted(sessionId, members),
    })
    this.#upkeep = new Maintenance(clock, {
      tidy: () => storage.maintain({ retention: resolveRetention(options.retention) }),
      finished: () => void this.#tidied().catch((error) => onError(error, 'telling of forks')),
    })
    const append: Store['append'] = (slice, waiting) => this.append(slice, waiting)
    const { settled, flushed } = this.#reads
    this.history = new History({
      storage,
      limits,
      clock,
      append,
      settled,
      flushed,
      on: {
        rewritten: (sessionId) => followers.changed(sessionId),
        forked: (id, from, members) => this.#bells.forked(id, from, members),
        left: () => this.#leftOver(),
      },
    })
    this.journal = new Journal(storage, limits, settled)
    this.#figures = new StoreFigures(
      clock,
      { storage, coalescer, followers, updates, watch, upkeep: this.#upkeep },
      options.meter,
    )
  }

  /**
   * Commits events of one session together, behind everything that the session has waiting, and
   * before it returns. Whether the session allowed it is in the result. A change of history
   * (`message-replaced`, `message-deleted`, `message-erased`, `history-truncated`,
   * `history-restored`, `imported`) is the first of the drafts, and the only one among them.
   *
   * @throws CaughtupError `BAD_INPUT` for what could not be read back, and for a change of history
   *   that is not the first draft (`not-first`); `UNAVAILABLE` when closed, and with `retryAfter` when
   *   the database took nothing for `maxWaitMs`: the change is withdrawn then, and never written
   */
  async append(
    slice: { sessionId: string; drafts: readonly EventDraft[]; guard?: Guard },
    { signal, maxWaitMs = this.#coalescer.maxWaitMs }: AppendWaiting = {},
  ): Promise<SliceResult> {
    assertSlice(slice)
    assertInput('maxWaitMs', maxWaitMs, durationOrInfinite)
    return this.#coalescer.append(slice, { signal, maxWaitMs })
  }

  /**
   * The outcome of what the database does meanwhile, for whoever is to have an answer.
   *
   * @throws CaughtupError `UNAVAILABLE` when it has not come within `flush.maxWaitMs`; what was begun
   *   goes on
   */
  answered<T>(outcome: Promise<T>): Promise<T> {
    return this.#coalescer.answered(outcome)
  }

  /** The writer of an open message; see {@link MessageWriter}. */
  writer(target: WriterTarget): MessageWriter {
    return new MessageWriter(target, this.#coalescer, this.limits)
  }

  /** Takes a message's state as a whole; see {@link MessageUpdater.update}. */
  update(sessionId: string, message: MessageDraft, { signal }: Waiting = {}): Promise<void> {
    return this.#updater.update(sessionId, message, signal)
  }

  /**
   * What a fresh client gets: the newest epoch, capped, as of now. Those who ask while it is being
   * read get the same, which is not to be changed.
   */
  window(sessionId: string, waiting: Waiting = {}): Promise<Window> {
    return this.#reads.window(sessionId, waiting)
  }

  /**
   * The next older stretch, oldest first, of one epoch: `limit` messages, `limits.pageBytes` at most.
   *
   * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost`
   */
  page(
    sessionId: string,
    options: { before?: number; limit?: number } = {},
    waiting: Waiting = {},
  ): Promise<Page> {
    return this.#reads.page(sessionId, options, waiting)
  }

  message(
    sessionId: string,
    messageId: string,
    waiting: Waiting = {},
  ): Promise<Message | undefined> {
    return this.#reads.message(sessionId, messageId, waiting)
  }

  /** Where the session stands, with the messages that are open, as of now. */
  head(sessionId: string, waiting: Waiting = {}): Promise<SessionHead> {
    return this.#reads.head(sessionId, waiting)
  }

  checkCursor(sessionId: string, cursor: Cursor): Promise<'ok' | ReplayReason> {
    return this.#reads.checkCursor(sessionId, cursor)
  }

  /** What lies after a seq, merged, until about `bytes` of it; for a replay. */
  events(
    sessionId: string,
    after: number,
    options: { bytes: number } & Waiting,
  ): Promise<EventBatch> {
    return this.#reads.events(sessionId, after, options)
  }

  /**
   * What lies after a seq and everything that comes, in merged batches of at most about 1 MiB.
   * Returns when the session is deleted or the store closes; throws the signal's reason, and
   * `NOT_FOUND` or `BAD_INPUT` for what is no session or no seq.
   */
  follow(
    sessionId: string,
    after: number,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<FollowedBatch, void, undefined> {
    return this.#bells.followers.follow(sessionId, after, signal)
  }

  /**
   * Brings a transcript that was written elsewhere into a session: rows that it does not have yet go
   * to its end, in their own order. What is there stays as it is; the same transcript again adds
   * nothing; what was removed here stays away. `rows` is the transcript from its beginning, at most
   * 100,000 rows.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`run-active`), `TOO_LARGE`, `BAD_INPUT`
   */
  async reconcile(
    sessionId: string,
    rows: readonly ImportedRow[],
    options: ReconcileOptions = {},
  ): Promise<Reconciled> {
    assertIds({ sessionId })
    const { limits, clock } = this
    const append: Store['append'] = (slice, each) => this.append(slice, each)
    const around = { storage: this.#storage, limits, clock, append }
    return importRows(around, sessionId, rows, options)
  }

  /**
   * Whether a session changed since the last look, for little: also an edit that leaves the number
   * of messages as it was shows in `revision`, and what another process wrote.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  async probe(sessionId: string, waiting?: Waiting): Promise<Probe> {
    return probeSession(this.#storage, sessionId, await this.head(sessionId, waiting))
  }

  /**
   * What the session used by now, per model where that was told, and how full its context is.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  async usage(sessionId: string, waiting?: Waiting): Promise<SessionUsage> {
    return usageOf(await this.head(sessionId, waiting))
  }

  /**
   * Adds what a child session used to its parent's ledger, once and for all: to be called when the
   * child is done, and as often as one likes. Returns whether this call added something.
   *
   * @throws CaughtupError `NOT_FOUND` for either; `BAD_INPUT` for a session as its own child
   */
  rollUpUsage(sessions: { from: string; into: string }, waiting?: Waiting): Promise<boolean> {
    return rollUp(sessions, {
      // Counted once and for all: nothing of the child may be missing.
      head: (id) => this.#reads.flushed(id, waiting).then(() => this.#storage.head(id)),
      append: (slice) => this.append(slice, waiting),
    })
  }

  /**
   * Writes a consistent copy of the database to a file that must not exist, while everything goes on.
   *
   * @throws StorageError `io` for a file that is there and where the engine has none; the kind of
   *   the failure, else `io`, for a copy that failed
   */
  async backup(path: string, waiting: Waiting = {}): Promise<void> {
    assertIds({ path })
    await this.#coalescer.settle(() => true, waiting.signal)
    await this.#storage.backup(path, waiting.signal)
  }

  /** Tells other processes that this one lives. */
  heartbeat(): Promise<void> {
    return this.#storage.heartbeat()
  }

  /** Runs that have not ended, and sessions whose queue waits, of every process. */
  activeRuns(): Promise<ActiveRun[]> {
    return this.#storage.activeRuns()
  }

  /** Commits what one message has waiting, however long the database takes. A no-op when clean. */
  flush(messageId: string, { signal }: Waiting = {}): Promise<void> {
    return this.#coalescer.flush(isAbout(messageId), signal)
  }

  /** Commits what one session has waiting. */
  async flushSession(sessionId: string, { signal }: Waiting = {}): Promise<void> {
    assertIds({ sessionId })
    return this.#coalescer.flush((slice) => slice.sessionId === sessionId, signal)
  }

  /** Commits everything that waits. */
  flushAll({ signal }: Waiting = {}): Promise<void> {
    return this.#coalescer.flush(() => true, signal)
  }

  /** What the store does and holds; the same figures are shown on `StoreOptions.meter`. */
  stats(): StoreStats {
    return this.#figures.stats()
  }

  /**
   * Commits what waits, ends every follower and subscriber, closes the database. What the database
   * does not take is given up when the signal is aborted, or after 5 s where there is none. Calling
   * it again waits for the same end.
   *
   * @throws CaughtupError `UNAVAILABLE` (`not-written`), once it is closed, that says what was given
   *   up; so does whoever waits for that
   */
  close({ signal }: Waiting = {}): Promise<void> {
    this.#closed ??= this.#close(signal)
    return this.#closed
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const lost = await this.#coalescer.close(signal)
    this.#closing.abort()
    this.updates.close()
    this.#figures.stop()
    await this.#bells.watch.close()
    // What a database does not take, upkeep cannot tidy.
    await this.#upkeep.close(lost ? AbortSignal.abort(lost) : signal)
    await this.#storage.close()
    if (lost) throw lost
  }

  #committed(result: Committed, slice: Slice, structural: boolean): Promise<void> | undefined {
    this.#upkeep.touched(structural ? 'structural' : 'deltas')
    return this.#bells.committed(slice, result, structural)
  }

  #deleted(sessionId: string, members: readonly string[]): Promise<void> {
    this.#coalescer.drop(sessionId)
    this.#updater.forgetSession(sessionId)
    this.#upkeep.touched('structural')
    return this.#bells.deleted(sessionId, members)
  }

  /** Something was begun that the upkeep is to complete. */
  #leftOver(): void {
    this.#left = true
    this.#upkeep.touched('structural')
  }

  async #tidied(): Promise<void> {
    if (!this.#left) return
    this.#left = false
    this.#bells.changedElsewhere({ sessions: 'all' })
    await this.history.completed()
  }
}
