import type { Message } from '@caughtup/schema'

import type { IdStatus, MessagePlace, Stretch } from '../../../core/lookups.ts'
import type { CountedCall } from '../../../port/calls.ts'
import type { Removal } from '../../../port/activity.ts'
import type { FoundPrompt, PromptPlace } from '../../../port/reading.ts'
import type { HiddenIn } from '../../../port/session-copy.ts'
import type { IdleQuery } from '../../../port/sessions.ts'
import type {
  AppendedRow,
  EventRow,
  MemberRow,
  MessageChange,
  OwedRow,
  ProcessBeats,
  RememberedKind,
  RemovedSession,
  SessionRow,
  WrittenRow,
  KnownState,
  RememberedName,
  CountedName,
} from './rows.ts'

/**
 * The operations that the row engine needs of a database: some thirty, each one or two statements in SQL.
 * READ COMMITTED is enough. Each operation reads as of one moment; writes become visible, and their
 * positions in feeds with them, when the transaction commits.
 *
 * Locks are taken in one order everywhere, so that no two transactions wait for each other: rows of
 * `sessions` by key, rows of `events`, then rows of `feeds` by principal.
 *
 * A call that fails with a `StorageError` has changed nothing, except with `unknown`: then the answer
 * was lost, and the rows may be written or still be on their way.
 */
export interface Tables extends TableReads {
  /**
   * Appends rows to the journals of any number of sessions, all or none: none where the fence of one
   * does not hold, that is its session's row is gone, has another `record.seq` than `base` or a
   * `floor` of `first` or above, where a row has that key already, or where the entry before `first` has
   * another tag than `behind` or is not there; and none where `newest` is not there. Returns whether they
   * are written.
   *
   * `WITH h AS (SELECT key, seq, floor FROM sessions WHERE key = ANY(…) ORDER BY key FOR NO KEY
   * UPDATE), fit AS (SELECT t.* FROM unnest(…) t JOIN h ON h.key = t.session AND h.seq = t.base AND
   * h.floor < t.first WHERE t.behind IS NULL OR t.behind = (SELECT tag FROM events …)) INSERT INTO events
   * SELECT … FROM fit WHERE (SELECT count(*) FROM fit) = $n AND EXISTS (SELECT FROM events …) ORDER BY
   * session, first`; a unique violation (23505) is the answer `false` too.
   * @param newest - a row that this process wrote: a database that lost anything older has lost it too
   */
  append(rows: readonly AppendedRow[], newest?: WrittenRow): Promise<boolean>
  /** `BEGIN`, the work, `COMMIT`; `ROLLBACK` where the work throws. A deadlock fails with `busy`. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Moves a process's counter: `INSERT … ON CONFLICT (id) DO UPDATE SET beats = beats + 1`; see `FeedRows.history`. */
  heartbeat(process: string): Promise<string>
  /** The counters of processes, by default of all: `SELECT id, beats FROM processes WHERE …`. */
  beats(processes?: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Processes that lead active runs, and their counters: `SELECT DISTINCT keeper … LEFT JOIN processes`. */
  leading(): Promise<ProcessBeats[]>
  /** Forgets processes whose counters are still these: `DELETE FROM processes WHERE (id, beats) IN (…)`. */
  forgetProcesses(beats: ReadonlyMap<string, number>): Promise<void>
  /** A process's: `SELECT … FROM owed WHERE process = … ORDER BY due, number LIMIT …`. */
  owed(process: string, limit: number): Promise<OwedRow[]>
  /** A session's: `SELECT … FROM owed WHERE session = … ORDER BY due, number`. */
  owedIn(session: number): Promise<OwedRow[]>
  /** Processes with rows of `owed`, and their counters: `SELECT DISTINCT process … LEFT JOIN processes`. */
  owing(): Promise<ProcessBeats[]>
  /** `UPDATE owed SET process = … WHERE process = …`. */
  takeOwed(from: string, to: string): Promise<void>
  /** `UPDATE owed SET due = …, attempts = attempts + 1 WHERE id = … AND process = …`. */
  postponeOwed(id: string, process: string, due: number): Promise<void>
  /** `DELETE FROM owed WHERE id = …`. */
  settleOwed(id: string): Promise<void>
  /**
   * See `CallCounts.count`: `INSERT INTO calls … ON CONFLICT (principal, name) DO UPDATE SET count = CASE WHEN
   * … THEN least(count, $most) + 1 ELSE 1 END … RETURNING …`. `now` is for tables without a clock. One that is
   * counted twice does no harm, so it is made again where its answer was lost.
   */
  countCall(call: CountedCall, now: number): Promise<number>
  /** `DELETE FROM calls WHERE principal = …`. */
  forgetCalls(principal: string): Promise<void>
  /**
   * One bounded step of the tables' own maintenance: removing rows that deleted sessions left,
   * indexing words. Returns whether more work is left.
   */
  maintain(): Promise<boolean>
}

/** Reads that see what is committed; within a transaction also what it wrote. */
export interface TableReads {
  /**
   * A session's row; `undefined` where it does not exist, is hidden, or has no such member:
   * `SELECT … FROM sessions WHERE id = … AND NOT hidden AND EXISTS (SELECT FROM members …)`.
   */
  session(id: string, principal?: string): Promise<SessionRow | undefined>
  /**
   * Sessions by id, as of one moment; `undefined` where there is none. Hidden ones are among them.
   *
   * `SELECT … FROM sessions WHERE id = ANY(…)` with lateral reads of the open rows of `messages` and
   * of `events` after `record.seq`, or after what the caller knows.
   */
  sessions(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]>
  /**
   * A session's members, the owner first; none of a hidden one: `SELECT … FROM members JOIN sessions …
   * WHERE id = … AND NOT hidden ORDER BY place`.
   */
  members(sessionId: string): Promise<MemberRow[]>
  /**
   * A session with some of its messages and of its journal, as of one moment: one statement with a
   * subquery for each that is wanted, or a transaction `REPEATABLE READ READ ONLY`.
   *
   * `SELECT … FROM messages WHERE session = … AND hidden = 0 AND ord > … AND ord < … ORDER BY ord
   * LIMIT …`, bytes by `sum(octet_length(body)) OVER (…)`, and `SELECT … FROM events WHERE session =
   * … AND first >= coalesce((SELECT max(first) FROM events WHERE session = … AND first <= $after +
   * 1), 0) ORDER BY first LIMIT …`.
   */
  read(ask: SessionAsk, wanted: Wanted): Promise<SessionReading | undefined>
  /** Shown messages by id: `SELECT … FROM messages WHERE session = … AND id = ANY(…) AND hidden = 0`. */
  messagesById(session: number, ids: readonly string[]): Promise<(Message | undefined)[]>
  /** Whether ids are those of rows of `messages`, hidden ones too, or `remembered` as gone. */
  idStatus(session: number, ids: readonly string[]): Promise<IdStatus[]>
  /** `SELECT count(*) FROM messages WHERE session = … AND hidden = 0 AND ord > …`. */
  countAfter(session: number, order: number): Promise<number>
  /** `SELECT max(ord) FROM messages WHERE session = … AND hidden = 0 AND role = 'user' AND ord BETWEEN …`. */
  lastPrompt(session: number, from: number, upTo: number): Promise<number | undefined>
  /** Where messages are, hidden ones too: `SELECT ord, epoch, hidden FROM messages WHERE … id = ANY(…)`. */
  places(session: number, ids: readonly string[]): Promise<(MessagePlace | undefined)[]>
  /** `SELECT max(ord) FROM messages WHERE session = … AND hidden = … AND ord < …`. */
  before(session: number, order: number, stretch: number): Promise<number | undefined>
  /** `SELECT … FROM messages WHERE session = … AND hidden = … AND ord > … ORDER BY ord LIMIT 1`. */
  following(session: number, order: number, stretch: number): Promise<Message | undefined>
  /**
   * The stretches hidden in an epoch: `SELECT hidden, min(anchor), min(ord), max(ord), count(*),
   * bool_or(role = 'user') FROM messages WHERE session = … AND hidden > 0 AND epoch = … GROUP BY
   * hidden`, joined with the anchor's row for what that is hidden in.
   */
  stretches(session: number, epoch: number): Promise<Stretch[]>
  /** `SELECT … WHERE session = … AND hidden = … ORDER BY ord`, unless `sum(octet_length(body))` is above `bytes`. */
  stretch(session: number, id: number, bytes: number): Promise<Message[] | undefined>
  /** Counts of what is remembered: `SELECT id, count FROM remembered WHERE session = … AND kind = … AND id = ANY(…)`. */
  remembered(
    session: number,
    kind: RememberedKind,
    ids: readonly string[],
  ): Promise<Map<string, number>>
  /**
   * The same of a range of names, both ends excluded: `… AND id > … AND id < …`, compared byte by byte
   * (`COLLATE "C"`).
   */
  rememberedBetween(
    session: number,
    kind: RememberedKind,
    range: { after: string; before: string },
  ): Promise<Map<string, number>>
  /**
   * All that is remembered, of every kind, after a name: `SELECT … FROM remembered WHERE session = …
   * AND (kind, id) > (…) ORDER BY kind, id LIMIT …`.
   */
  names(session: number, after: RememberedName | undefined, limit: number): Promise<CountedName[]>
  /**
   * Messages after an order, hidden ones too: `SELECT … FROM messages WHERE session = … AND ord > …
   * ORDER BY ord LIMIT …`.
   */
  allMessages(
    session: number,
    after: number,
    limit: number,
  ): Promise<{ message: Message; hidden?: HiddenIn }[]>
  /**
   * A principal's rows, the removals, and where the feed is, as of one moment: a range of `members`
   * by an index for each order, so that recency is repeated there, joined with `sessions`, the newest
   * `events.seq` and a count of unread messages. Hidden sessions are not among them.
   */
  feed(principal: string, query: FeedQuery): Promise<FeedRows>
  /**
   * Finished shown messages that may hold the words, newest first: by `createdAt`, then session id,
   * then order. Words narrow the search where there is an index (GIN over `messages.words`).
   */
  candidates(query: CandidateQuery): Promise<{ sessionId: string; message: Message }[]>
  /**
   * Finished shown messages with the role `user` and this `author`, newest first: of those examined, the ones in
   * sessions of which the author is a member. Their order is that of an index of `messages`: `SELECT … FROM
   * (SELECT … FROM messages WHERE author = … AND hidden = 0 AND (created, session, ord) < (…) ORDER BY
   * created DESC, session DESC, ord DESC LIMIT $examined) JOIN members … JOIN sessions … LIMIT $limit`.
   */
  prompts(query: PromptRowsQuery): Promise<PromptRows>
  /** Active sessions, all or of some keepers (`keeperOf`): `SELECT id … WHERE active AND NOT hidden AND keeper = ANY(…)`. */
  active(keepers?: readonly string[]): Promise<string[]>
  /**
   * Sessions without an active run and with an empty queue, by a partial index: `SELECT … FROM sessions
   * WHERE NOT active AND NOT hidden AND updated_at <= … AND (updated_at, id) > (…) ORDER BY updated_at,
   * id LIMIT …`, with lateral reads as for `sessions`.
   */
  idle(query: IdleQuery): Promise<SessionImage[]>
  /**
   * Sessions that `jobs` or retention may concern, by key, after a key: those with `fork` or
   * `erasing` set (a partial index), or, given the bounds, those with an entry from before a time
   * or with more seqs above the floor than a number. With `copying`, those with that set instead.
   */
  due(query: DueQuery): Promise<SessionRow[]>
}

/** Its writes are committed together or not at all. */
export interface Transaction extends TableReads {
  /** See {@link Tables.append}; the sessions are locked and read already, so that nothing has to be looked for. */
  append(rows: readonly AppendedRow[]): Promise<boolean>
  /**
   * Locks sessions in the order of their keys, and reads them once it has the locks: `SELECT … FROM
   * sessions WHERE id = ANY(…) ORDER BY key FOR NO KEY UPDATE`, then `sessions` as a second
   * statement, since other tables of the same statement would be as they were before the wait.
   */
  lock(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]>
  /**
   * Inserts a session and its members, the owner first, and gives it a key; `undefined` where the id is in use:
   * `INSERT INTO sessions … ON CONFLICT (id) DO NOTHING RETURNING key`.
   */
  insertSession(
    row: Omit<SessionRow, 'key'>,
    members: readonly string[],
  ): Promise<SessionRow | undefined>
  /** Adds a member to a locked session: `INSERT INTO members … SELECT …, max(place) + 1 FROM members …`. */
  addMember(session: number, member: Omit<MemberRow, 'position'>): Promise<void>
  /** Takes a member from a locked session: `DELETE FROM members WHERE session = … AND principal = …`. */
  removeMember(session: number, principal: string): Promise<void>
  /** Writes rows of locked sessions: `UPDATE sessions SET … FROM unnest(…) WHERE key = …`. */
  updateSessions(rows: readonly SessionRow[]): Promise<void>
  /** Inserts rows of `owed`, numbered in this order, for locked sessions. */
  owe(rows: readonly OwedRow[]): Promise<void>
  /** Deletes a locked session's row, members and rows of `owed`; others may go later, by `maintain`. */
  deleteSession(session: number): Promise<void>
  /**
   * Changes rows of messages of locked sessions in the order given: neighbouring `put`s are one
   * `INSERT … ON CONFLICT (session, ord) DO UPDATE`, `hide`, `show` and `reanchor` one `UPDATE` of
   * `hidden` and `anchor` each. Removals are `WITH gone AS (DELETE FROM messages … RETURNING id) INSERT INTO remembered`,
   * since an id stays taken.
   */
  changeMessages(changes: readonly MessageChange[]): Promise<void>
  /** Replaces the entries of rows that are there: `UPDATE events SET body = … FROM unnest(…)`. */
  rewriteEvents(rows: readonly EventRow[]): Promise<void>
  /** `DELETE FROM events WHERE session = … AND seq <= …`. */
  removeEvents(session: number, upTo: number): Promise<void>
  /** `INSERT INTO remembered … ON CONFLICT DO UPDATE SET count = …`. */
  remember(
    session: number,
    kind: RememberedKind,
    counts: ReadonlyMap<string, number>,
  ): Promise<void>
  /** Copies what is remembered of imports to another session: `INSERT INTO remembered SELECT …`. */
  copyImports(from: number, to: number): Promise<void>
  /**
   * Moves members' read marks forward and returns the members: `UPDATE members SET read_up_to =
   * greatest(read_up_to, …) WHERE session = … RETURNING …`, all members where none is named.
   */
  mark(session: number, upTo: number, principals?: readonly string[]): Promise<MemberRow[]>
  /**
   * Deletes a principal's removals, and raises the floor of its feed to the newest: `WITH gone AS (DELETE
   * FROM removals WHERE principal = … RETURNING position) UPDATE feeds SET floor = … WHERE principal = …`.
   */
  forgetRemovals(principal: string): Promise<void>
  /**
   * Gives the sessions' members their next position, one for all that the transaction changed, and
   * notes removals at it. It comes last, because it holds each principal's row until the commit:
   * `INSERT INTO feeds … SELECT DISTINCT principal … ORDER BY 1 ON CONFLICT DO UPDATE SET position =
   * feeds.position + 1 RETURNING …` and `UPDATE members SET position = …`.
   */
  place(changed: readonly number[], removed?: RemovedSession): Promise<void>
}

export interface SessionAsk {
  readonly id: string
  /** The caller's state: while key, base and the newest entry up to `seq` are these, only later rows are read. */
  readonly known?: KnownState
  /** An entry whose tag is wanted. */
  readonly tagAt?: number
}

export interface SessionImage {
  readonly row: SessionRow
  /** Open messages as their rows are; absent where the caller's are as new. */
  readonly open?: readonly Message[]
  /** Where the newest entry that the caller knows is gone, and no retention has removed it. */
  readonly isLost?: true
  /** Rows of mere deltas after `record.seq`, or after what the caller has. */
  readonly tail: readonly EventRow[]
  /** Of the entry that was asked for, where there is one above the floor. */
  readonly tagAt?: string
}

/** The parts of a session that are read with it. */
export interface Wanted {
  readonly messages?: MessageRange
  /** A second range, as of the same moment. */
  readonly newer?: MessageRange
  /** Shown messages by id. */
  readonly ids?: readonly string[]
  readonly events?: EventRange
}

export interface SessionReading {
  readonly image: SessionImage
  readonly messages: readonly Message[]
  readonly newer: readonly Message[]
  /** In the order of the ids that were asked for. */
  readonly byId: readonly (Message | undefined)[]
  readonly events: readonly EventRow[]
  /** Whether the range has no more rows. */
  readonly complete: boolean
}

/**
 * Shown messages within orders, both excluded. It ends behind the first with which a cap is exceeded,
 * but has two where there are two, and counts no bytes of open messages, whose rows are behind.
 */
export interface MessageRange {
  readonly after?: number
  readonly before?: number
  readonly from: 'oldest' | 'newest'
  readonly messages: number
  readonly bytes: number
}

/**
 * Rows that hold entries within these seqs, both excluded. It ends behind the first row with which
 * `bytes` of JSON are exceeded, or earlier, and has one row at least where there is one.
 */
export interface EventRange {
  readonly after?: number
  readonly before?: number
  readonly from: 'oldest' | 'newest'
  readonly bytes: number
}

export type FeedQuery =
  | {
      readonly by: 'recency'
      readonly after?: { readonly recency: number; readonly id: string }
      readonly limit: number
    }
  | { readonly by: 'key'; readonly after: number; readonly limit: number }
  /** Changes after a position; rows of equal positions stay together (`FETCH FIRST … WITH TIES`). */
  | { readonly by: 'position'; readonly after: number; readonly limit: number }
  | { readonly by: 'session'; readonly id: string }

export interface FeedRows {
  readonly rows: readonly ListedRow[]
  /** Only by position: removals after it, by their position, as many as `limit` says. */
  readonly removed: readonly Removal[]
  /** Where the feed is now. */
  readonly position: number
  /** See `ActivityStep.history`: the tag in an `UNLOGGED` table, to which a row is added where there is none. */
  readonly history: string
  /** Removals up to this position are forgotten. */
  readonly floor: number
}

/** A session as a list shows it. */
export interface ListedRow {
  readonly row: SessionRow
  /** The journal's newest entry. */
  readonly seq: number
  readonly member: MemberRow
  /** Finished answers after the read mark. */
  readonly unread: number
}

export interface CandidateQuery {
  readonly in: { readonly sessionId: string } | { readonly principal: string }
  /** Folded words that each must occur; of the last one a beginning is enough. */
  readonly words: readonly string[]
  /** The place of the last candidate before. */
  readonly after?: {
    readonly createdAt: number
    readonly sessionId: string
    readonly order: number
  }
  readonly limit: number
}

export interface PromptRowsQuery {
  readonly author: string
  readonly after?: PromptPlace
  /** How many are looked at, and how many returned. */
  readonly examined: number
  readonly limit: number
}

export interface PromptRows {
  readonly rows: readonly (FoundPrompt & { readonly place: PromptPlace })[]
  /** The place of the last one that was looked at, if there may be more. */
  readonly last?: PromptPlace
}

export interface DueQuery {
  readonly after: number
  readonly limit: number
  readonly retention?: { readonly before: number; readonly events: number }
  readonly copying?: true
}
