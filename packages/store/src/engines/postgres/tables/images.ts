import type { SessionAsk, SessionImage } from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import {
  eventRow,
  messageOf,
  sessionRow,
  type StoredEvents,
  type StoredMessage,
  type StoredSession,
} from './stored.ts'

/** Sessions as they are, in the order asked for. */
export async function images(
  run: Run,
  asks: readonly SessionAsk[],
): Promise<(SessionImage | undefined)[]> {
  if (asks.length === 0) return []
  const { rows } = await run<StoredSession>(
    'SELECT key, body FROM $schema.sessions WHERE id = ANY($1::text[])',
    [asks.map(({ id }) => id)],
  )
  const found = new Map(rows.map(sessionRow).map((row) => [row.id, row]))
  const wanted = asks.flatMap(({ id, known, tagAt }) => {
    const row = found.get(id)
    if (!row) return []
    const { seq: base } = row.record
    const isKnown = known?.key === row.key && known.base === base
    return [{ row, isKnown, after: isKnown ? Math.max(known.seq, base) : base, tagAt }]
  })
  const keys = wanted.map(({ row }) => row.key)
  const { rows: tails } = await run<StoredEvents>(
    `SELECT e.session, e.first, e.seq, e.tag, e.body FROM unnest($1::bigint[], $2::bigint[]) AS t(session, after)
     JOIN $schema.events e ON e.session = t.session AND e.first > t.after ORDER BY e.session, e.first`,
    [keys, wanted.map(({ after }) => after)],
  )
  const unknown = wanted.filter(({ isKnown }) => !isKnown).map(({ row }) => row.key)
  const { rows: open } =
    unknown.length === 0
      ? { rows: [] }
      : await run<StoredMessage & { session: number }>(
          `SELECT session, body FROM $schema.messages WHERE session = ANY($1::bigint[]) AND open
           ORDER BY session, ord`,
          [unknown],
        )
  const tailsOf = Map.groupBy(tails.map(eventRow), ({ session }) => session)
  const opened = Map.groupBy(open, ({ session }) => session)
  const made = new Map<string, SessionImage>()
  for (const { row, isKnown, tagAt } of wanted) {
    const tag = tagAt === undefined ? undefined : await tagOf(run, row.key, tagAt)
    made.set(row.id, {
      row,
      tail: tailsOf.get(row.key) ?? [],
      ...(!isKnown && { open: (opened.get(row.key) ?? []).map(messageOf) }),
      ...(tag !== undefined && { tagAt: tag }),
    })
  }
  return asks.map(({ id }) => made.get(id))
}

async function tagOf(run: Run, session: number, seq: number): Promise<string | undefined> {
  const { rows } = await run<{ tag: string }>(
    `SELECT tag FROM $schema.events WHERE session = $1 AND first <= $2 AND seq >= $2
     ORDER BY first DESC LIMIT 1`,
    [session, seq],
  )
  return rows[0]?.tag
}
