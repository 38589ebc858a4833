import type { SessionAsk, SessionImage } from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import { eventRow, messageOf, sessionRow, type StoredSession } from './stored.ts'

interface StoredImage extends StoredSession {
  n: number
  known: boolean
  open: string[] | null
  /** Of the rows behind, each an array in their order. */
  firsts: string[] | null
  seqs: string[]
  tags: string[]
  bodies: string[]
  tag_at: string | null
}

/** Sessions as they are, in the order asked for, as of one moment: it is one statement. */
export async function images(
  run: Run,
  asks: readonly SessionAsk[],
): Promise<(SessionImage | undefined)[]> {
  if (asks.length === 0) return []
  const { rows } = await run<StoredImage>(
    `SELECT t.n, s.key, s.body, k.known, o.open, e.firsts, e.seqs, e.tags, e.bodies, a.tag AS tag_at
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
       WITH ORDINALITY AS t(id, key, base, seq, tag_at, n)
     JOIN $schema.sessions s ON s.id = t.id
     CROSS JOIN LATERAL (SELECT coalesce(s.key = t.key AND s.seq = t.base, false) AS known) k
     LEFT JOIN LATERAL (SELECT array_agg(m.body ORDER BY m.ord) AS open FROM $schema.messages m
       WHERE m.session = s.key AND m.open) o ON NOT k.known
     LEFT JOIN LATERAL (SELECT array_agg(v.first ORDER BY v.first) AS firsts, array_agg(v.seq ORDER BY v.first) AS seqs,
       array_agg(v.tag ORDER BY v.first) AS tags, array_agg(v.body ORDER BY v.first) AS bodies
       FROM $schema.events v WHERE v.session = s.key
       AND v.first > CASE WHEN k.known THEN greatest(t.seq, s.seq) ELSE s.seq END) e ON true
     LEFT JOIN LATERAL (SELECT v.tag FROM $schema.events v WHERE v.session = s.key AND v.first <= t.tag_at
       AND v.seq >= t.tag_at ORDER BY v.first DESC LIMIT 1) a ON true`,
    [
      asks.map(({ id }) => id),
      asks.map(({ known }) => known?.key ?? null),
      asks.map(({ known }) => known?.base ?? null),
      asks.map(({ known }) => known?.seq ?? null),
      asks.map(({ tagAt }) => tagAt ?? null),
    ],
  )
  const found = new Map(rows.map((row) => [row.n, row]))
  return asks.map((_, index) => {
    const row = found.get(index + 1)
    return row && imageOf(row)
  })
}

function imageOf(stored: StoredImage): SessionImage {
  const { key: session, known, open, firsts, seqs, tags, bodies, tag_at: tagAt } = stored
  const tail = (firsts ?? []).map((first, at) =>
    eventRow({
      session,
      first: Number(first),
      seq: Number(seqs[at]),
      tag: tags[at] ?? '',
      body: bodies[at] ?? '[]',
    }),
  )
  return {
    row: sessionRow(stored),
    tail,
    ...(!known && { open: (open ?? []).map((body) => messageOf({ body })) }),
    ...(tagAt !== null && { tagAt }),
  }
}
