import type {
  ActivityRow,
  Cursor,
  Event,
  EventDraft,
  EventFilter,
  EventPage,
  EventSummary,
  Message,
  Page,
  ReplayReason,
  SearchHit,
  Session,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import type { Head } from '@caughtup/schema/fold'

/**
 * The port between the store and a database: what the store needs, and nothing of how it is done.
 *
 * Every call is asynchronous, and each is one transaction or one consistent reading. What a commit
 * returned is durable as far as the engine promises, visible to every later read, and has its
 * place in its session's journal. A call that fails with a {@link StorageError} has changed nothing.
 */
export interface Storage {
  /** Writes the slices of any number of sessions in one transaction, each taken or refused whole. */
  commit(slices: readonly Slice[]): Promise<SliceResult[]>

  /** Events after `after`, merged, oldest first, until about `bytes` of them (at least one). */
  events(sessionId: string, after: number, options: EventsOptions): Promise<EventBatch>
  /** The newest epoch's messages, capped, with the head as of the same moment. */
  window(sessionId: string, caps: MessageCaps): Promise<Window>
  /** The stretch before the message of order `before`: one epoch, capped. */
  page(sessionId: string, before: number, caps: MessageCaps): Promise<Page>
  message(sessionId: string, messageId: string): Promise<Message | undefined>
  head(sessionId: string): Promise<SessionHead>
  /** Whether a stream can go on from `cursor`, and if not, why. */
  checkCursor(sessionId: string, cursor: Cursor): Promise<'ok' | ReplayReason>
  /** Entries that match, each by itself, in the direction asked for, capped. */
  eventList(sessionId: string, query: EventQuery): Promise<EventPage>
  /** How many match, exactly. */
  eventSummary(sessionId: string, filter: EventFilter): Promise<EventSummary>
  /**
   * Finished messages of all epochs that hold every word, newest first: by their own `createdAt`,
   * of the same ms by the session's id, and within a session by order, all descending.
   */
  search(query: SearchQuery): Promise<SearchHit[]>
  /** Which of these identities the session remembers, with their counts; see `ImportIdentity`. */
  importedCounts(sessionId: string, identities: readonly string[]): Promise<Map<string, number>>
  /** Which of these ids are messages of the session, or were until they were removed. */
  takenIds(sessionId: string, messageIds: readonly string[]): Promise<Set<string>>

  /** @throws CaughtupError `CONFLICT` (`session-exists`) for an id in use, also of a fork that is hidden */
  createSession(session: NewSession): Promise<Session>
  /** `undefined` where it does not exist. */
  session(sessionId: string): Promise<Session | undefined>
  isMember(sessionId: string, principal: string): Promise<boolean>
  sessions(principal: string, query: ListQuery): Promise<SessionList>
  /** `undefined` where it does not exist. */
  updateSession(
    sessionId: string,
    change: { title: string; at: number; ifTitle?: string },
  ): Promise<Session | undefined>
  /** Returns the principals who saw it until now; empty where it did not exist. */
  deleteSession(sessionId: string): Promise<string[]>
  /**
   * Makes a session, hidden from everybody until it is complete, that will hold the messages of
   * another up to the order `upTo`: those that are there and finished now. What is changed or finished
   * while they are copied may be copied either way.
   *
   * @throws CaughtupError `NOT_FOUND` for the source, `CONFLICT` (`session-exists`) for an id in use
   */
  beginFork(fork: { sourceId: string; upTo: number; session: NewSession }): Promise<void>
  /**
   * Copies one bounded stretch; whether more is left. The last one shows the session, its journal
   * then begins with `forked`. A fork that nobody goes on with is completed by `tidy`.
   *
   * @throws CaughtupError `NOT_FOUND` when the source was deleted meanwhile; the fork is then gone
   */
  continueFork(sessionId: string): Promise<boolean>
  /** Rewrites one bounded stretch of journal without what was erased; whether more is left. */
  continueErase(sessionId: string): Promise<boolean>

  /** The principal's rows by recency, newest first. */
  activityPage(principal: string, query: ListQuery): Promise<ActivityPage>
  /** The principal's rows in an order that never changes, from `after` on. */
  activityRows(principal: string, step: RowsStep): Promise<ActivityRows>
  /** Rows and tombstones after a position of the feed in the order of commits, at most `limit`. */
  activityChanges(principal: string, since: number, limit: number): Promise<ActivityChanges>
  /** One session's row, or `undefined` where the principal has none. */
  activityRow(principal: string, sessionId: string): Promise<ActivityRow | undefined>
  /** Moves a read mark forward and returns where it stands. */
  markRead(sessionId: string, principal: string, upTo: number): Promise<number>

  /** Moves this process's counter; other processes judge by it whether this one lives. */
  beat(): Promise<void>
  /** Runs that have not ended and sessions whose queue waits, of every process. */
  openRuns(): Promise<OpenRun[]>

  /**
   * Resolves when another process has written what this one may have shown otherwise; rejects with
   * the signal's reason. What was written between two calls is in the next one's answer.
   */
  changed(signal: AbortSignal): Promise<ForeignChanges>
  /**
   * One bounded step of upkeep, invisible to every reader but for `retention`: packing, indexing,
   * trimming, completing forks and erasures. Whether more is to be done.
   */
  tidy(retention: Retention): Promise<boolean>
  /** Writes a consistent copy to a file that must not exist, while everything goes on. */
  backup(path: string, signal?: AbortSignal): Promise<void>
  /** Gauges of this moment. */
  stats(): StorageStats

  close(): Promise<void>
}

/** Makes an engine ready, migrating its schema if need be. */
export interface StorageFactory {
  open(options: { clock: Clock; random: () => number }): Promise<Storage>
}

/** Changes of one session that stand or fall together; one of history is the first and the only one. */
export interface Slice {
  sessionId: string
  /** When it happened, in ms since the epoch. */
  at: number
  drafts: readonly EventDraft[]
  /** What must be true of the session at the moment of the commit. */
  guard?: Guard
}

/**
 * - `run`: this run is the active one. The fence: a run that was ended elsewhere writes no more.
 * - `idle`: nothing runs and nothing waits
 * - `busy`: something runs or waits, fewer than `queueBelow` wait, and what waits is at most
 *   `queueBytes` of JSON; where nothing waits, any prompt may
 * - `next`: nothing runs and this run is the first that waits
 * - `queued`: this run waits in the queue
 * - `waiting`: this run is the active one and waits for a tool's answer
 * - `resting`: nothing runs, whatever waits
 */
export type Guard =
  | { is: 'run'; runId: string }
  | { is: 'idle' }
  | { is: 'busy'; queueBelow: number; queueBytes?: number }
  | { is: 'next'; runId: string }
  | { is: 'queued'; runId: string }
  | { is: 'waiting'; runId: string }
  | { is: 'resting' }

export type SliceResult =
  | { refused: Refusal }
  | {
      refused?: undefined
      events: Event[]
      cursor: Cursor
      /** Messages that the slice touched, as they are after it. */
      messages: Message[]
      /** Whether the session's activity row changed. */
      activity: boolean
    }

/**
 * - `session-missing`: deleted, or never there
 * - `guard-failed`: the guard does not hold
 * - `queue-full`: only for the guard `busy`
 * - `message-exists`: a message of that id is in the session already
 * - `message-gone`: a message of that id was in the session, and was removed
 * - `message-missing`: a delta or finish for a message that is not open, a change of one that is
 *   not there or not of the newest epoch
 * - `message-open`: a truncation or an undo that would take a message that is not finished
 * - `nothing-to-undo`, `nothing-to-redo`
 * - `counted-already`: usage of a child that is in the ledger
 */
export type Refusal =
  | 'session-missing'
  | 'guard-failed'
  | 'queue-full'
  | 'queue-too-large'
  | 'message-exists'
  | 'message-gone'
  | 'message-missing'
  | 'message-open'
  | 'nothing-to-undo'
  | 'nothing-to-redo'
  | 'counted-already'

export interface EventsOptions {
  /** Bytes of event JSON after which the batch ends. */
  bytes: number
}

export interface EventQuery {
  filter: EventFilter
  /** `oldest` first or `newest` first. */
  from: 'oldest' | 'newest'
  limit: number
  /** Bytes of JSON; the first entry is given whatever its size. */
  bytes: number
}

export interface SearchQuery {
  /** Plain text; every word of it must be in the message, the last one as a beginning. */
  text: string
  /** One session, or all of one principal. */
  in: { sessionId: string } | { principal: string }
  limit: number
}

export interface ForeignChanges {
  /** Sessions whose journal went on or ended; `all` when it is not known which. */
  sessions: ReadonlySet<string> | 'all'
}

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

export interface EventBatch {
  events: Event[]
  /** At the last of the events; at `after` where there are none. */
  cursor: Cursor
  /** Whether nothing lies after it. */
  complete: boolean
  /** The journal's newest seq when it was read. */
  newest: number
}

/** How much of a stretch of messages is read at once. */
export interface MessageCaps {
  messages: number
  /** Bytes of JSON; the newest message is given whatever its size. */
  bytes: number
}

export interface Window {
  messages: Message[]
  head: Head
  cursor: Cursor
  hasOlder: boolean
}

export interface SessionHead {
  head: Head
  cursor: Cursor
  /** Messages that are not finished. */
  open: Message[]
  messageCount: number
}

export interface NewSession {
  id: string
  /** Well-formed Unicode, as principals are: not every database keeps half of a surrogate pair. */
  title: string
  createdAt: number
  /** The first is the owner. */
  members: readonly string[]
}

export interface ListQuery {
  /** The last session of the page before: its recency and id. */
  after?: { recency: number; id: string }
  limit: number
}

export interface SessionList {
  sessions: Session[]
  /** Where the next page goes on; absent when there is none. */
  next?: { recency: number; id: string }
}

export interface ActivityPage {
  rows: ActivityRow[]
  /** Where the next page goes on; absent when there is none. */
  next?: { recency: number; id: string }
  /** Where the feed stands. */
  position: number
}

export interface RowsStep {
  /** Where the step before ended; absent at the beginning. */
  after?: number
  limit: number
}

export interface ActivityRows {
  rows: ActivityRow[]
  /** Where the next step goes on; absent when there is none. */
  next?: number
  /** Where the feed stands. */
  position: number
}

export interface ActivityChanges {
  rows: ActivityRow[]
  removed: Removal[]
  /** Everything up to here is in it. */
  position: number
  /** Whether something lies after it. */
  more: boolean
  /** Whether `since` was a position of this feed, and the removals after it are still known. */
  known: boolean
}

/** A session that is gone: older rows do not bring it back. */
export interface Removal {
  sessionId: string
  revision: number
}

export interface OpenRun {
  sessionId: string
  head: Head
  open: Message[]
  /** The active run's process and its counter; absent where nothing runs or the run waits. */
  lease?: { process: string; own: boolean; beats: number }
}

/**
 * Why a database call failed; what it was to write is not written. `moved`: its files are not at
 * their place any more, or others are.
 */
export type StorageFailure = 'busy' | 'full' | 'io' | 'moved' | 'corrupt' | 'closed'

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly failure: StorageFailure

  constructor(failure: StorageFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}
