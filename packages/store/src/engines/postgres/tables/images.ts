import type { Message } from '@caughtup/schema'

import type { SessionAsk, SessionImage } from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import { sessionRow, type StoredSession } from './stored.ts'
import { eventRows, gathered, type Gathered, journalRow, type JournalRow } from './gathered.ts'
import { holds } from './holds.ts'

export interface StoredImage extends StoredSession {
  known: boolean
  lost: boolean
  open: Gathered<Message>
  /** Of the rows behind, in their order. */
  tail: Gathered<JournalRow>
  tag_at: string | null
}

const isThere = holds({
  key: 's.key',
  floor: 's.floor',
  body: 's.body',
  seq: 't.seq',
  tag: 't.tag',
})

/** What makes an image, of sessions `s` and what is asked of each, `t`. */
export const imageColumns = 's.key, s.body, k.known, k.lost, o.open, e.tail, a.tag AS tag_at'
export const imageJoins = `
  JOIN $schema.sessions s ON s.id = t.id
  CROSS JOIN LATERAL (SELECT CASE WHEN s.key = t.key THEN coalesce(${isThere}, false) END AS there OFFSET 0) h
  CROSS JOIN LATERAL (SELECT coalesce(h.there AND s.seq = t.base, false) AS known,
    coalesce(NOT h.there AND s.floor <= t.seq, false) AS lost) k
  LEFT JOIN LATERAL (SELECT string_agg(m.body, ',' ORDER BY m.ord) AS open FROM $schema.messages m
    WHERE m.session = s.key AND m.open) o ON NOT k.known
  LEFT JOIN LATERAL (SELECT string_agg(${journalRow('v')}, ',' ORDER BY v.first) AS tail FROM $schema.events v
    WHERE v.session = s.key AND v.first > CASE WHEN k.known THEN greatest(t.seq, s.seq) ELSE s.seq END) e ON true
  LEFT JOIN LATERAL (SELECT v.tag FROM $schema.events v WHERE v.session = s.key AND v.first <= t.tag_at
    AND v.seq >= t.tag_at ORDER BY v.first DESC LIMIT 1) a ON true`

/** Sessions as they are, in the order asked for, as of one moment: it is one statement. */
export async function images(
  run: Run,
  asks: readonly SessionAsk[],
): Promise<(SessionImage | undefined)[]> {
  if (asks.length === 0) return []
  const { rows } = await run<StoredImage & { n: number }>(
    // Arrays in subqueries: else the planner, which sees how long they are, plans anew at each call.
    `SELECT t.n, ${imageColumns}
     FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[]), (SELECT $3::bigint[]), (SELECT $4::bigint[]),
       (SELECT $5::bigint[]), (SELECT $6::text[])) WITH ORDINALITY AS t(id, key, base, seq, tag_at, tag, n) ${imageJoins}`,
    [
      asks.map(({ id }) => id),
      asks.map(({ known }) => known?.key ?? null),
      asks.map(({ known }) => known?.base ?? null),
      asks.map(({ known }) => known?.seq ?? null),
      asks.map(({ tagAt }) => tagAt ?? null),
      asks.map(({ known }) => known?.tag ?? null),
    ],
  )
  const found = new Map(rows.map((row) => [row.n, row]))
  return asks.map((_, index) => {
    const row = found.get(index + 1)
    return row && imageOf(row)
  })
}

export function imageOf(stored: StoredImage): SessionImage {
  const { known, lost, open, tail, tag_at: tagAt } = stored
  return {
    row: sessionRow(stored),
    tail: eventRows(stored.key, tail),
    ...(!known && { open: gathered(open) }),
    ...(lost && { isLost: true }),
    ...(tagAt !== null && { tagAt }),
  }
}
