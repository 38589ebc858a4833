import type { AppendedRow, WrittenRow } from '../../rows/tables/rows.ts'
import { type Run, UniqueViolation } from '../connection/client.ts'
import { holds } from './holds.ts'

/** The entry before a row is there: what is read beside the lock is as it was before a wait, and there already then. */
const isBehind = holds({
  key: 't.session',
  floor: 'h.floor',
  body: '(SELECT s.body FROM $schema.sessions s WHERE s.key = t.session)',
  seq: 't.first - 1',
  tag: 't.behind',
})

/**
 * Appends all rows where every session is as their writer knows it, and none otherwise. The rows of the sessions
 * are locked in the order of their keys: a writer with an older state waits, and then finds another `seq`. Two
 * writers of mere deltas, which leave the sessions' rows alone, meet at the key of `events`. A writer that knows
 * what the server has lost finds its newest row gone, or an entry before a row gone or replaced.
 */
export async function appendRows(
  run: Run,
  rows: readonly AppendedRow[],
  newest?: WrittenRow,
): Promise<boolean> {
  if (rows.length === 0) return true
  try {
    const { rowCount } = await run(
      `WITH h AS (SELECT key, seq, floor FROM $schema.sessions WHERE key = ANY($1::bigint[]) ORDER BY key
           FOR NO KEY UPDATE),
         fit AS (SELECT t.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
             $6::text[], $7::bigint[], $9::text[]) AS t(session, first, seq, at, tag, body, base, behind)
           JOIN h ON h.key = t.session AND h.seq = t.base AND h.floor < t.first
           WHERE t.behind IS NULL OR ${isBehind})
       INSERT INTO $schema.events (session, first, seq, at, tag, body)
       SELECT session, first, seq, at, tag, body FROM fit WHERE $durable AND (SELECT count(*) FROM fit) = $8
         AND ($10::bigint IS NULL OR EXISTS (SELECT FROM $schema.events
           WHERE session = $10 AND first = $11::bigint AND seq = $12::bigint AND tag = $13::text))
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
        rows.map(({ behind }) => behind ?? null),
        newest?.session ?? null,
        newest?.first ?? null,
        newest?.seq ?? null,
        newest?.tag ?? null,
      ],
    )
    return rowCount === rows.length
  } catch (error) {
    if (error instanceof UniqueViolation) return false
    throw error
  }
}
