import type { Message } from '@caughtup/schema'

import type { Removal } from '../../../port/activity.ts'
import type { PromptPlace } from '../../../port/reading.ts'
import type {
  CandidateQuery,
  FeedQuery,
  FeedRows,
  ListedRow,
  PromptRows,
  PromptRowsQuery,
} from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import {
  hashOf,
  memberRow,
  messageOf,
  sessionRow,
  type StoredMember,
  type StoredMessage,
  type StoredSession,
} from './stored.ts'

type StoredListed = StoredSession & StoredMember & { newest: number; unread: number }

/** The rows of a principal's lists, by the hash of its name; `undefined` where a history has yet to begin. */
export async function feed(
  run: Run,
  principal: string,
  query: FeedQuery,
): Promise<FeedRows | undefined> {
  const { rows: heads } = await run<{ history: string; position: number; floor: number }>(
    `SELECT h.tag AS history, coalesce(f.position, 0) AS position, coalesce(f.floor, 0) AS floor
     FROM $schema.history h LEFT JOIN $schema.feeds f ON f.principal = $1`,
    [principal],
  )
  const [head] = heads
  if (!head) return undefined
  const { text, values } = listed(principal, query)
  const { rows } = await run<StoredListed>(
    `SELECT s.key, s.body, m.name, m.read_up_to, m.position,
       greatest(s.seq, (SELECT e.seq FROM $schema.events e WHERE e.session = s.key ORDER BY e.first DESC LIMIT 1)) AS newest,
       (SELECT count(*) FROM $schema.messages u WHERE u.session = s.key AND u.role = 'assistant' AND NOT u.open
         AND u.hidden = 0 AND u.ord > m.read_up_to) AS unread
     FROM $schema.members m JOIN $schema.sessions s ON s.key = m.session
     WHERE m.principal = $1 AND NOT s.hidden AND ${text}`,
    values,
  )
  const removed = query.by === 'position' ? await removals(run, principal, query) : []
  return { rows: rows.map(listedRow), removed, ...head }
}

function listed(principal: string, query: FeedQuery): { text: string; values: unknown[] } {
  switch (query.by) {
    case 'session':
      return { text: 's.id = $2', values: [principal, query.id] }
    case 'key':
      return {
        text: 'm.session > $2 ORDER BY m.session LIMIT $3',
        values: [principal, query.after, query.limit],
      }
    case 'recency':
      return {
        text: `($2::bigint IS NULL OR (m.recency, s.id) < ($2, $3::text))
               ORDER BY m.recency DESC, s.id DESC LIMIT $4`,
        values: [principal, query.after?.recency ?? null, query.after?.id ?? '', query.limit],
      }
    case 'position':
      return {
        text: 'm.position > $2 ORDER BY m.position FETCH FIRST $3 ROWS WITH TIES',
        values: [principal, query.after, query.limit],
      }
  }
}

async function removals(
  run: Run,
  principal: string,
  { after, limit }: { after: number; limit: number },
): Promise<Removal[]> {
  const { rows } = await run<{ session_id: string; position: number }>(
    `SELECT session_id, position FROM $schema.removals WHERE principal = $1 AND position > $2
     ORDER BY position, session_id LIMIT $3`,
    [principal, after, limit],
  )
  return rows.map((row) => ({ sessionId: row.session_id, revision: row.position }))
}

function listedRow(row: StoredListed): ListedRow {
  const { newest: seq, unread } = row
  return { row: sessionRow(row), seq, unread, member: memberRow(row) }
}

export async function candidates(
  run: Run,
  { in: scope, words, after, limit }: CandidateQuery,
): Promise<{ sessionId: string; message: Message }[]> {
  const isSession = 'sessionId' in scope
  const { rows } = await run<StoredMessage & { session_id: string }>(
    `SELECT s.id AS session_id, g.body FROM $schema.sessions s
     ${isSession ? '' : 'JOIN $schema.members m ON m.session = s.key'}
     JOIN $schema.messages g ON g.session = s.key
     WHERE ${isSession ? 's.id = $1' : 'm.principal = $1'} AND NOT s.hidden AND NOT g.open AND g.hidden = 0
     AND (g.words IS NULL OR g.words @@ $2::tsquery)
     AND ($3::bigint IS NULL OR (g.created, s.id, g.ord) < ($3, $4::text, $5::bigint))
     ORDER BY g.created DESC, s.id DESC, g.ord DESC LIMIT $6`,
    [
      isSession ? scope.sessionId : hashOf(scope.principal),
      tsquery(words),
      after?.createdAt ?? null,
      after?.sessionId ?? '',
      after?.order ?? 0,
      limit,
    ],
  )
  return rows.map((row) => ({ sessionId: row.session_id, message: messageOf(row) }))
}

/** Every word, the last one as a beginning. A filter: the engine compares the texts. */
function tsquery(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word.replaceAll(/['\\]/g, '$&$&')}'`)
  return quoted.map((word, index) => (index === words.length - 1 ? `${word}:*` : word)).join(' & ')
}

export async function prompts(
  run: Run,
  { author, after, examined, limit }: PromptRowsQuery,
): Promise<PromptRows> {
  const { rows } = await run<
    StoredMessage & { session_id: string | null; created: number; session: number }
  >(
    `SELECT p.session, p.ord, p.created, CASE WHEN m.session IS NULL THEN '' ELSE p.body END AS body,
       CASE WHEN m.session IS NULL THEN NULL ELSE s.id END AS session_id
     FROM (SELECT session, ord, created, body FROM $schema.messages WHERE author = $1 AND hidden = 0
       AND ($2::bigint IS NULL OR (created, session, ord) < ($2, $3::bigint, $4::bigint))
       ORDER BY created DESC, session DESC, ord DESC LIMIT $5) p
     LEFT JOIN $schema.sessions s ON s.key = p.session AND NOT s.hidden
     LEFT JOIN $schema.members m ON m.session = s.key AND m.principal = $1
     ORDER BY p.created DESC, p.session DESC, p.ord DESC`,
    [hashOf(author), after?.createdAt ?? null, after?.session ?? 0, after?.order ?? 0, examined],
  )
  const placed = rows.map((row) => {
    const place: PromptPlace = { createdAt: row.created, session: row.session, order: row.ord }
    return { row, place }
  })
  const seen = placed.flatMap(({ row, place }) =>
    row.session_id === null ? [] : [{ sessionId: row.session_id, message: messageOf(row), place }],
  )
  const last = rows.length === examined ? placed.at(-1)?.place : undefined
  return { rows: seen.slice(0, limit), ...(last && { last }) }
}
