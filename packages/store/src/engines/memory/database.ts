import type { Message } from '@caughtup/schema'

import type { EventRow, MemberRow, OwedRow, SessionRow } from '../rows/tables/rows.ts'
import { Feed } from './feed.ts'
import { Locks } from './locks.ts'
import type { HiddenIn } from '../../port/session-copy.ts'
import type { InProcessBus } from '../../bus/in-process.ts'

/** All that is committed, as plain data, with who has it open and who has locked what. */
export interface MemoryDatabase {
  readonly sessions: Map<number, SessionData>
  readonly keys: Map<string, number>
  readonly feeds: Map<string, Feed>
  /** See `FeedRows.history`. */
  history: string
  /** How often each process has said that it lives. */
  readonly beats: Map<string, number>
  /** Calls of hooks that are owed, by their ids, in the order in which they were. */
  readonly owed: Map<string, OwedRow>
  /** How often principals called, by name, since when. */
  readonly calls: Map<string, Map<string, { began: number; count: number }>>
  /** Keys given so far. */
  made: number
  readonly locks: Locks
  readonly buses: Set<InProcessBus>
}

/** One session's rows of every table. Its readonly arrays and maps are replaced, never changed. */
export interface SessionData {
  row: SessionRow
  members: readonly MemberRow[]
  messages: readonly StoredMessage[]
  /** Orders by message id, of every message that ever was: also of those that a rollback took back. */
  readonly orders: Map<string, number>
  /** Ascending; a commit under the session's lock changes it in place. */
  readonly events: StoredEvents[]
  /** Counts by name; a commit under the session's lock changes it in place. */
  readonly remembered: Map<string, number>
}

export interface StoredMessage {
  readonly order: number
  readonly id: string
  /** Absent for a shown one. */
  readonly hidden?: HiddenIn
  readonly message: Message
  /** Bytes of a finished message's JSON. */
  readonly bytes: number
}

export interface StoredEvents extends EventRow {
  /** Bytes of JSON, about. */
  readonly bytes: number
}

export function emptyDatabase(): MemoryDatabase {
  return {
    sessions: new Map(),
    keys: new Map(),
    feeds: new Map(),
    history: '0',
    beats: new Map(),
    owed: new Map(),
    calls: new Map(),
    made: 0,
    locks: new Locks(),
    buses: new Set(),
  }
}

/** A copy of all that is committed. */
export function copyDatabase(db: MemoryDatabase): MemoryDatabase {
  const copy = emptyDatabase()
  for (const [key, data] of db.sessions) {
    copy.sessions.set(key, {
      ...data,
      orders: new Map(data.orders),
      events: [...data.events],
      remembered: new Map(data.remembered),
    })
  }
  for (const [id, key] of db.keys) copy.keys.set(id, key)
  for (const [principal, feed] of db.feeds) copy.feeds.set(principal, feed.copy())
  for (const [process, beats] of db.beats) copy.beats.set(process, beats)
  for (const [id, row] of db.owed) copy.owed.set(id, row)
  for (const [principal, calls] of db.calls) copy.calls.set(principal, new Map(calls))
  copy.made = db.made
  copy.history = db.history
  return copy
}

export function feedOf({ feeds }: MemoryDatabase, principal: string): Feed {
  const known = feeds.get(principal)
  if (known) return known
  const feed = new Feed()
  feeds.set(principal, feed)
  return feed
}

/** The journal's newest entry; all of its rows may be removed. */
export function newestSeq({ row, events }: Pick<SessionData, 'row' | 'events'>): number {
  return Math.max(row.record.seq, events.at(-1)?.seq ?? 0)
}

/** Index of the first item whose number is above this one; the length where there is none. */
export function indexAbove<T>(
  items: readonly T[],
  above: number,
  numberOf: (item: T) => number,
): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && numberOf(item) > above) high = middle
    else low = middle + 1
  }
  return low
}
