import type { AppendedRow } from '../../rows/tables/rows.ts'
import { type Run, UniqueViolation } from '../connection/client.ts'

/**
 * Appends all rows where every session's row is as their writer knows it, and none otherwise. The rows of the
 * sessions are locked in the order of their keys: a writer with an older state waits, and then finds another
 * `seq`. Two writers of mere deltas, which leave the sessions' rows alone, meet at the key of `events`.
 */
export async function appendRows(run: Run, rows: readonly AppendedRow[]): Promise<boolean> {
  if (rows.length === 0) return true
  try {
    const { rowCount } = await run(
      `WITH h AS (SELECT key, seq, floor FROM $schema.sessions WHERE key = ANY($1::bigint[]) ORDER BY key
           FOR NO KEY UPDATE),
         fit AS (SELECT t.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
             $6::text[], $7::bigint[]) AS t(session, first, seq, at, tag, body, base)
           JOIN h ON h.key = t.session AND h.seq = t.base AND h.floor < t.first)
       INSERT INTO $schema.events (session, first, seq, at, tag, body)
       SELECT session, first, seq, at, tag, body FROM fit WHERE (SELECT count(*) FROM fit) = $8
       ORDER BY session, first`,
      [
        rows.map(({ session }) => session),
        rows.map(({ first }) => first),
        rows.map(({ seq }) => seq),
        rows.map(({ events }) => events[0]?.at ?? 0),
        rows.map(({ tag }) => tag),
        rows.map(({ events }) => JSON.stringify(events)),
        rows.map(({ base }) => base),
        rows.length,
      ],
    )
    return rowCount === rows.length
  } catch (error) {
    if (error instanceof UniqueViolation) return false
    throw error
  }
}
