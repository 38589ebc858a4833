import type {
  EventFilter,
  EventSummary,
  Message,
  SearchHit,
  Session,
  ListedVersion,
  UsageLedger,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { ActivityQuery, ActivityStep } from './activity.ts'
import type { Bus, ChangeFeed, Notes } from './bus.ts'
import type { CallCounts } from './calls.ts'
import type { CommitOptions, Slice, SliceResult } from './commit.ts'
import type { OwedCalls } from './owed.ts'
import type { Processes } from './processes.ts'
import type {
  KnownNames,
  NameQuery,
  MessageQuery,
  PromptQuery,
  PromptStep,
  SearchQuery,
  SegmentBatch,
  SegmentQuery,
  StoredState,
  Window,
} from './reading.ts'
import type { CopyPlace, SessionCopy } from './session-copy.ts'
import type {
  ActiveRun,
  IdleQuery,
  IdleSession,
  ListQuery,
  NewSession,
  SessionChange,
  SessionList,
} from './sessions.ts'

/**
 * The port between the store and a database.
 *
 * Each call is one transaction or one consistent read. What a commit returned is durable as far as the
 * engine promises, visible to every later read, and has its place in its session's journal. A call
 * that fails with a {@link StorageError} has changed nothing, except with `unknown`.
 */
export interface Storage {
  /**
   * Writes the slices of any number of sessions in one transaction, each taken or refused whole. After
   * `unknown`, the same slice objects are given again, and the engine finds out what was written
   * before it writes the rest.
   */
  commit(slices: readonly Slice[], options?: CommitOptions): Promise<SliceResult[]>

  /**
   * A stretch of the journal as it is stored, with the newest entry and the floor as of the same
   * moment. `readBatch` and `listEvents` are made of it.
   */
  segments(sessionId: string, query: SegmentQuery): Promise<SegmentBatch>
  /** How a session is now, and the tag of the commit that wrote one of its entries. */
  state(sessionId: string, options?: { tagAt?: number }): Promise<StoredState>
  /** Messages of one epoch next to a place, capped, with the head as of the same moment. */
  messages(sessionId: string, query: MessageQuery): Promise<Window>
  message(sessionId: string, messageId: string): Promise<Message | undefined>
  /** The versions of which a message is the first of one; see `listVersions`. */
  versions(sessionId: string, messageId: string): Promise<ListedVersion[] | undefined>
  /**
   * Finished messages of all epochs that hold every word, newest first: by their own `createdAt`,
   * of the same ms by the session's id, and within a session by order, all descending.
   */
  search(query: SearchQuery): Promise<SearchHit[]>
  /** Shown prompts of all sessions that their author sees. */
  prompts(query: PromptQuery): Promise<PromptStep>
  /**
   * What the session had used when epochs ended, by epoch, from one up to another. One that ended before
   * anything was used is absent, and so is one that has not ended.
   */
  ledgers(
    sessionId: string,
    range: { from: number; upTo: number },
  ): Promise<ReadonlyMap<number, Pick<UsageLedger, 'totals' | 'models'>>>
  /** What the session remembers of these import identities and message ids. */
  lookup(sessionId: string, names: NameQuery): Promise<KnownNames>

  /** @throws CaughtupError `CONFLICT` (`session-exists`) for an id in use, also of a fork that is hidden */
  createSession(session: NewSession): Promise<Session>
  /** `undefined` where it does not exist, or where `principal` is not a member of it. */
  session(sessionId: string, principal?: string): Promise<Session | undefined>
  /** Everybody who sees the session, the owner first; empty where it does not exist. */
  members(sessionId: string): Promise<string[]>
  /**
   * Adds a member, who counts as having read all messages so far. Whether the principal was none.
   *
   * @throws CaughtupError `NOT_FOUND`; `LIMIT_EXCEEDED` if there are `most` members already
   */
  addMember(sessionId: string, principal: string, most: number): Promise<boolean>
  /**
   * Removes a member; its feed gets a removal, as for a deleted session. Whether the principal was one.
   *
   * @throws CaughtupError `NOT_FOUND`; `CONFLICT` (`owner`) for the owner
   */
  removeMember(sessionId: string, principal: string): Promise<boolean>
  sessions(principal: string, query: ListQuery): Promise<SessionList>
  /** `undefined` where it does not exist. */
  updateSession(sessionId: string, change: SessionChange): Promise<Session | undefined>
  /** Returns the principals who saw it until now; empty where it did not exist. */
  deleteSession(sessionId: string): Promise<string[]>
  /**
   * Makes a session, hidden from everybody until it is complete, that will hold the messages of
   * another up to the order `upTo`: those that are there and finished now. What changes
   * while they are copied may be copied either way. `maintain` copies them.
   *
   * @throws CaughtupError `NOT_FOUND` for the source, `CONFLICT` (`session-exists`) for an id in use
   */
  beginFork(fork: { sourceId: string; upTo: number; session: NewSession }): Promise<void>

  /**
   * Rows of the activity feed. Positions become visible in order: a reading that gives position `n`
   * has everything that was committed at `n` or below, however many processes write at once.
   */
  activity(principal: string, query: ActivityQuery): Promise<ActivityStep>
  /**
   * Forgets which sessions a principal lost. Positions of its feed from before the newest of these
   * are then unknown.
   */
  forgetRemovals(principal: string): Promise<void>
  /** Moves a read mark forward and returns it. */
  markRead(sessionId: string, principal: string, upTo: number): Promise<number>

  /** Moves this process's counter, by which other processes judge whether it is alive. */
  heartbeat(): Promise<void>
  /**
   * Runs that have not ended, and sessions with queued runs, of every process. With `others`, only the runs whose
   * leases this process or one of these holds, and the sessions whose queue waits while nothing runs.
   */
  activeRuns(others?: readonly string[]): Promise<ActiveRun[]>
  /** Sessions of everybody in which nothing runs or waits. */
  idleSessions(query: IdleQuery): Promise<IdleSession[]>

  readonly changes: ChangeFeed
  /** Between the processes that have this database open. An engine that cannot carry them lacks it. */
  readonly notes?: Notes
  readonly owed: OwedCalls
  readonly calls: CallCounts
  readonly processes: Processes
  /**
   * One bounded step of maintenance, which no reader notices but for what `trim` and `retention`
   * remove. Whether more of the work is left.
   *
   * @throws CaughtupError `NOT_FOUND` for work in a session that does not exist; for a fork whose
   *   source was deleted meanwhile, which is then gone too
   */
  maintain(work: Maintenance): Promise<boolean>
  /** How many entries match, exactly. Where an engine lacks it, `summarise` counts segments. */
  summary?(sessionId: string, filter: EventFilter): Promise<EventSummary>
  /**
   * Writes a consistent copy to a file that must not exist, while reading and writing continue. An
   * engine without files lacks it.
   */
  backup?(path: string, signal?: AbortSignal): Promise<void>
  /**
   * Reads a bounded stretch of a session as it is stored, to be given to another database.
   *
   * @throws CaughtupError `NOT_FOUND`; `CONFLICT` (`session-changed`) where somebody wrote since the
   *   first stretch was read
   */
  readSession(sessionId: string, place?: CopyPlace): Promise<SessionCopy>
  /**
   * Writes a stretch that another database gave. The session is hidden until the last one; a first
   * one begins anew what was left incomplete. `maintain` removes a copy that gets no stretch for an
   * hour.
   *
   * @throws CaughtupError `CONFLICT` (`session-exists`) for an id in use, `NOT_FOUND` for a stretch
   *   that is not the next of the copy
   */
  writeSession(copy: SessionCopy): Promise<void>
  /** Gauges of this moment. */
  stats(): StorageStats

  close(): Promise<void>
}

/** Makes an engine ready, migrating its schema if need be. */
export interface StorageFactory {
  /**
   * `bus` takes the place of the engine's own way to tell other processes of changes; the storage closes
   * it. An engine that sees changes in its files has no use for it, and lets it be.
   */
  open(options: { clock: Clock; random: () => number; bus?: Bus }): Promise<Storage>
}

/**
 * - `fork`: copies a stretch of messages into this session. The last step shows it; its journal then
 *   begins with `forked`.
 * - `erase`: rewrites a stretch of this session's journal without what was erased
 * - `trim`: removes this session's entries up to a seq as retention does, so none after the revision
 *   of an open message
 * - `retention`: whatever is due: packing, indexing, trimming, forks and erasures whose caller was
 *   interrupted
 */
export type Maintenance =
  | { fork: string }
  | { erase: string }
  | { trim: string; upTo: number }
  | { retention: Retention }

/** How much of a journal is kept; `false` keeps all of it. Messages are never removed. */
export type Retention =
  | false
  | {
      /** Entries older than this are removed, in ms. */
      age: number
      /**
       * Entries of one session beyond this number are removed, the oldest first, counted as
       * `countKept` of `@caughtup/store/engine` counts them.
       */
      events: number
    }

export interface StorageStats {
  /** Entries written that are not in their final place yet. */
  unpackedEvents: number
  /** Entries that could not be decoded when they were read; a stand-in took their place. */
  unreadable: number
  /** Bytes of the database's files. */
  fileBytes: number
}
