import type { Limits, StoreStats } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { Forgotten } from './api/forget.ts'
import type { History } from './api/history.ts'
import type { HookLedger } from './commit/hook-ledger.ts'
import type { Journal } from './api/journal.ts'
import type { Reads } from './api/reads.ts'
import type { Sessions } from './api/sessions.ts'
import type { Writes } from './api/writes.ts'
import { assembleStore } from './assemble-store.ts'
import type { Waiting } from './base/waiting.ts'
import type { ActivityFeed } from './follow/activity-feed.ts'
import type { Broker } from './follow/broker.ts'
import type { MembersListener } from './follow/member-watch.ts'
import type { FollowedBatch, FollowOptions } from './follow/followers.ts'
import type { StoreUpdate } from './follow/store-update.ts'
import { resolveStoreOptions } from './options/resolve-store-options.ts'
import type { StoreOptions } from './options/store-options.ts'
import type { Notes } from './port/bus.ts'
import type { CountedCall } from './port/calls.ts'
import type { ActiveRun } from './port/sessions.ts'
import type { Storage } from './port/storage.ts'

type ReadCalls =
  | 'window'
  | 'page'
  | 'message'
  | 'head'
  | 'checkCursor'
  | 'events'
  | 'probe'
  | 'usage'
  | 'usageByEpoch'
  | 'idleSessions'
type WriteCalls =
  | 'append'
  | 'answered'
  | 'writer'
  | 'update'
  | 'reconcile'
  | 'rollUpUsage'
  | 'backup'
  | 'flush'
  | 'flushSession'
  | 'flushAll'

/** Sessions, their journals, and all reads of them. Made by {@link createStore}. */
export interface Store extends Pick<Reads, ReadCalls>, Pick<Writes, WriteCalls> {
  readonly clock: Clock
  readonly limits: Readonly<Limits>
  readonly sessions: Sessions
  /** Edits, undo and redo, erasure, forks, search. */
  readonly history: History
  /** Calls of hooks that commits owe. A chat server with `hooks` makes them. */
  readonly hooks: HookLedger
  /** A session's journal, entry by entry. */
  readonly journal: Journal
  readonly activity: ActivityFeed
  /**
   * What this process does to sessions, for code in it: window flushes are published lossy, all else
   * must-deliver. Another process publishes its changes on its own store.
   */
  readonly updates: Broker<StoreUpdate>

  /**
   * The events after a seq and all that follow, in merged batches of at most about 1 MiB. Returns when
   * the session is deleted (also if its id is used again) or the store closes.
   *
   * @throws the signal's reason; `NOT_FOUND` for an unknown session, `BAD_INPUT` for an invalid seq;
   *   `UNAVAILABLE` (`entries-lost`) if the database has lost entries that were read (a PostgreSQL that
   *   crashed without `synchronous_commit`, or was replaced by one that was behind): read the session anew
   */
  follow(
    sessionId: string,
    after: number,
    options: FollowOptions,
  ): AsyncGenerator<FollowedBatch, void, undefined>

  /**
   * Small notes to and from the other processes of this database, best effort; absent where there is
   * no bus that carries them (SQLite without one).
   */
  readonly notes?: Notes

  /**
   * Calls the listener whenever members of sessions may have changed or sessions were deleted, here
   * or in another process, until the returned function is called. `sessions.addMember`, `removeMember`
   * and `delete` await its promise, so it must resolve; an error goes to `onError`.
   */
  watchMembers(listener: MembersListener): () => void

  /**
   * Forgets a principal: deletes the sessions that it owns, for all of their members, takes it from
   * those of others, and forgets its read marks and which sessions it lost. Its id stays as the `author`
   * of the prompts that it sent in sessions of others, so use ids that say nothing; `history.erase`
   * removes what they say.
   *
   * It can be repeated, and must be if it was aborted. A session that the principal is given meanwhile
   * is left too, but nothing keeps it from being added again.
   *
   * @throws the signal's reason; `BAD_INPUT` for an invalid principal
   */
  forget(principal: string, waiting?: Waiting): Promise<Forgotten>

  /**
   * Counts a call of a principal, for a limit that all processes of this database keep together: returns 0,
   * or in how many ms a call can be taken again, if there were `most` within the last `within` ms.
   *
   * @throws StorageError if the database does not answer
   */
  countCall(call: CountedCall): Promise<number>

  /** Tells other processes that this one is alive. */
  heartbeat(): Promise<void>

  /**
   * The other processes that hold leases of runs, and their counters: one that does not move may be of a process
   * that is gone.
   */
  leaseHolders(): Promise<ReadonlyMap<string, number>>

  /**
   * Active runs, and sessions with a queue, of every process. With `others`, only the runs of this process and of
   * these, and the sessions whose queue waits while nothing runs: what costs as much as this process runs, and
   * not as much as all do.
   */
  activeRuns(others?: readonly string[]): Promise<ActiveRun[]>

  /** The store's figures; `StoreOptions.meter` shows the same ones. */
  stats(): StoreStats

  /**
   * Commits what is buffered, ends followers and subscribers, closes the database. When the signal
   * is aborted, or after 5 s without a signal, it gives up what the database has not accepted.
   * Later calls await the same end.
   *
   * @throws CaughtupError `UNAVAILABLE` (`not-written`), once closed, that lists what was given up;
   *   callers that wait for it get the same error
   */
  close(waiting?: Waiting): Promise<void>
}

/**
 * Opens the database and returns the store on it. Close it before the process ends.
 *
 * @throws CaughtupError `BAD_INPUT` for an invalid option; whatever opening `storage` throws
 */
export async function createStore(options: StoreOptions): Promise<Store> {
  const resolved = resolveStoreOptions(options)
  const { clock, limits, random } = resolved
  const bus = await resolved.bus?.open({ clock })
  let storage: Storage
  try {
    storage = await resolved.storage.open({ clock, random, ...(bus && { bus }) })
  } catch (error) {
    await bus?.close()
    throw error
  }
  const notes = bus ?? storage.notes
  const parts = assembleStore(storage, resolved)
  const {
    sessions,
    history,
    hooks,
    journal,
    activity,
    updates,
    reads,
    writes,
    followers,
    members,
    figures,
  } = parts
  const close = async (signal: AbortSignal | undefined) => {
    try {
      await parts.close(signal)
    } finally {
      await bus?.close()
    }
  }
  let closed: Promise<void> | undefined
  return {
    clock,
    limits,
    sessions,
    history,
    hooks,
    journal,
    activity,
    updates,
    window: reads.window,
    page: reads.page,
    message: reads.message,
    head: reads.head,
    checkCursor: reads.checkCursor,
    events: reads.events,
    probe: reads.probe,
    usage: reads.usage,
    usageByEpoch: reads.usageByEpoch,
    append: writes.append,
    answered: writes.answered,
    writer: writes.writer,
    update: writes.update,
    reconcile: writes.reconcile,
    rollUpUsage: writes.rollUpUsage,
    backup: writes.backup,
    flush: writes.flush,
    flushSession: writes.flushSession,
    flushAll: writes.flushAll,
    follow: (sessionId, after, options) => followers.follow(sessionId, after, options),
    watchMembers: (listener) => members.listen(listener),
    forget: parts.forget,
    countCall: (call) => storage.calls.count(call),
    heartbeat: () => storage.heartbeat(),
    leaseHolders: () => storage.processes.holders(),
    activeRuns: (others) => storage.activeRuns(others),
    idleSessions: reads.idleSessions,
    stats: () => figures.stats(),
    ...(notes && { notes }),
    close: ({ signal } = {}) => (closed ??= close(signal)),
  }
}
