import type { Message } from '@caughtup/schema'

import { countsAsUnread } from '../../core/reading/activity.ts'
import { byNewestPrompt, promptAuthor } from '../../core/reading/prompts.ts'
import { searchText } from '../../core/reading/search-text.ts'
import { words as wordsOf } from '../../core/reading/search-words.ts'
import { isHidden } from '../rows/tables/rows.ts'
import type { PromptPlace } from '../../port/reading.ts'
import type {
  CandidateQuery,
  FeedQuery,
  FeedRows,
  ListedRow,
  PromptRows,
  PromptRowsQuery,
} from '../rows/tables/tables.ts'
import { indexAbove, type MemoryDatabase, newestSeq, type SessionData } from './database.ts'
import { Feed } from './feed.ts'
import { shownMessages } from './message-table.ts'

/** The rows of a principal's lists. */
export function feedRows(db: MemoryDatabase, principal: string, query: FeedQuery): FeedRows {
  const feed = db.feeds.get(principal) ?? new Feed()
  const keys = query.by === 'session' ? [db.keys.get(query.id) ?? 0] : listedKeys(feed, query)
  const rows = keys.flatMap((key) => listedRow(db.sessions.get(key), principal) ?? [])
  const removed = query.by === 'position' ? removalsAfter(feed, query) : []
  const { position, floor } = feed
  return { rows, removed, position, history: db.history, floor }
}

function listedKeys(feed: Feed, query: Exclude<FeedQuery, { by: 'session' }>): number[] {
  switch (query.by) {
    case 'key':
      return first(query.limit, feed.made.after({ key: query.after }))
    case 'recency':
      return first(query.limit, feed.recent.before(query.after))
    case 'position': {
      const changes = feed.changed.after({ position: query.after, key: Infinity })
      return first(query.limit, changes, (a, b) => a.position === b.position)
    }
  }
}

/** The keys of the first `limit` sessions, and of those that stay together with the last of them. */
function first<T extends { readonly key: number }>(
  limit: number,
  listed: Iterable<T>,
  together: (a: T, b: T) => boolean = () => false,
): number[] {
  const keys: number[] = []
  let last: T | undefined
  for (const each of listed) {
    if (keys.length >= limit && !(last && together(last, each))) break
    keys.push(each.key)
    last = each
  }
  return keys
}

function removalsAfter({ removals }: Feed, { after, limit }: { after: number; limit: number }) {
  const start = indexAbove(removals, after, ({ revision }) => revision)
  return removals.slice(start, start + limit)
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
      : [...(db.feeds.get(scope.principal)?.made.after() ?? [])].map(({ key }) => key)
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

/** Prompts of their author, in sessions that it may have left. */
export function promptRows(
  db: MemoryDatabase,
  { author, after, examined, limit }: PromptRowsQuery,
): PromptRows {
  const sent: { data: SessionData; message: Message; place: PromptPlace }[] = []
  for (const [session, data] of db.sessions) {
    for (const message of shownMessages(data, {})) {
      const { order, metadata } = message
      const place = { createdAt: metadata.createdAt, session, order }
      if (promptAuthor(message) !== author) continue
      if (!after || byNewestPrompt(place, after) > 0) sent.push({ data, message, place })
    }
  }
  const looked = sent.sort((a, b) => byNewestPrompt(a.place, b.place)).slice(0, examined)
  const rows = looked.flatMap(({ data: { row, members }, message, place }) => {
    const isSeen = !isHidden(row) && members.some(({ principal }) => principal === author)
    return isSeen ? [{ sessionId: row.id, message, place }] : []
  })
  const last = looked.length === examined ? looked.at(-1)?.place : undefined
  return { rows: rows.slice(0, limit), ...(last && { last }) }
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

function listedRow(data: SessionData | undefined, principal: string): ListedRow | undefined {
  const member = data?.members.find((each) => each.principal === principal)
  if (!data || !member || isHidden(data.row)) return undefined
  const { row } = data
  return { row, member, seq: newestSeq(data), unread: unread(data, member.readUpTo) }
}

function unread(data: SessionData, readUpTo: number): number {
  let count = 0
  for (const message of shownMessages(data, { after: readUpTo })) {
    if (countsAsUnread(message, readUpTo)) count++
  }
  return count
}
