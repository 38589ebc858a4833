import type { Message } from '@caughtup/schema'

import { byRecency } from '../../core/reading/feed-order.ts'
import { countsAsUnread } from '../../core/reading/activity.ts'
import { searchText } from '../../core/reading/search-text.ts'
import { words as wordsOf } from '../../core/reading/search-words.ts'
import { isHidden } from '../rows/tables/rows.ts'
import type { CandidateQuery, FeedQuery, FeedRows, ListedRow } from '../rows/tables/tables.ts'
import { type MemoryDatabase, newestSeq, type SessionData } from './database.ts'
import { shownMessages } from './message-table.ts'

/** The rows of a principal's lists. */
export function feedRows(db: MemoryDatabase, principal: string, query: FeedQuery): FeedRows {
  const feed = db.feeds.get(principal)
  const { position = 0, floor = 0, removals = [] } = feed ?? {}
  const keys = query.by === 'session' ? [db.keys.get(query.id) ?? 0] : (feed?.sessions ?? [])
  const found = [...keys].flatMap((key) => listed(db.sessions.get(key), principal) ?? [])
  const { rows, removed } = selected(found, query)
  const withUnread = rows.map(({ data, member }): ListedRow => {
    const { row } = data
    return { row, member, seq: newestSeq(data), unread: unread(data, member.readUpTo) }
  })
  if (!removed) return { rows: withUnread, removed: [], position, floor }
  const after = removals.filter((removal) => removal.revision > removed.after)
  return { rows: withUnread, removed: after.slice(0, removed.limit), position, floor }
}

type Listed = NonNullable<ReturnType<typeof listed>>

function selected(found: Listed[], query: FeedQuery) {
  switch (query.by) {
    case 'session':
      return { rows: found }
    case 'key': {
      const rows = found.filter(({ data }) => data.row.key > query.after)
      rows.sort((a, b) => a.data.row.key - b.data.row.key)
      return { rows: rows.slice(0, query.limit) }
    }
    case 'recency': {
      const { after } = query
      const rows = found.filter(({ place }) => !after || byRecency(place, after) > 0)
      rows.sort((a, b) => byRecency(a.place, b.place))
      return { rows: rows.slice(0, query.limit) }
    }
    case 'position': {
      const rows = found.filter(({ member }) => member.position > query.after)
      rows.sort((a, b) => a.member.position - b.member.position)
      const last = rows[query.limit - 1]?.member.position ?? Infinity
      return { rows: rows.filter(({ member }) => member.position <= last), removed: query }
    }
  }
}

/** A finished message that is shown, with its place in the order of a search. */
type Candidate = { sessionId: string; message: Message }

export function candidates(
  db: MemoryDatabase,
  { in: scope, words, after, limit }: CandidateQuery,
): Candidate[] {
  const keys =
    'sessionId' in scope
      ? [db.keys.get(scope.sessionId) ?? 0]
      : (db.feeds.get(scope.principal)?.sessions ?? [])
  const found: Candidate[] = []
  for (const key of keys) {
    const data = db.sessions.get(key)
    if (!data || isHidden(data.row)) continue
    const { id: sessionId } = data.row
    for (const message of shownMessages(data, {})) {
      const candidate = { sessionId, message }
      if (message.status !== 'done' || (after && byNewest(placeOf(candidate), after) <= 0)) continue
      if (mayHold(message, words)) found.push(candidate)
    }
  }
  return found.sort((a, b) => byNewest(placeOf(a), placeOf(b))).slice(0, limit)
}

function mayHold(message: Message, wanted: readonly string[]): boolean {
  const found = new Set(wordsOf(searchText(message)))
  return wanted.every(
    (word, index) =>
      found.has(word) ||
      (index === wanted.length - 1 && [...found].some((each) => each.startsWith(word))),
  )
}

function placeOf({ sessionId, message: { metadata, order } }: Candidate) {
  return { createdAt: metadata.createdAt, sessionId, order }
}

type MessagePlace = ReturnType<typeof placeOf>

function byNewest(a: MessagePlace, b: MessagePlace): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt
  if (a.sessionId !== b.sessionId) return a.sessionId < b.sessionId ? 1 : -1
  return b.order - a.order
}

function listed(data: SessionData | undefined, principal: string) {
  const member = data?.members.find((each) => each.principal === principal)
  if (!data || !member || isHidden(data.row)) return undefined
  const { id, record } = data.row
  return { data, member, place: { recency: record.recency, id } }
}

function unread(data: SessionData, readUpTo: number): number {
  let count = 0
  for (const message of shownMessages(data, { after: readUpTo })) {
    if (countsAsUnread(message, readUpTo)) count++
  }
  return count
}
