import type { Message } from '@caughtup/schema'

import type { EventRow } from '../../rows/tables/rows.ts'
import type { EventRange, MessageRange } from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import { eventRow, messageOf, type StoredEvents, type StoredMessage } from './stored.ts'

/** Rows that are read at once while a range is gathered up to its caps. */
const step = 256

/** As a bigint. */
export function bounded(value: number): number {
  return Math.trunc(Math.max(-Number.MAX_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER)))
}

export async function shownById(
  run: Run,
  session: number,
  ids: readonly string[],
): Promise<(Message | undefined)[]> {
  if (ids.length === 0) return []
  const { rows } = await run<StoredMessage>(
    `SELECT body FROM $schema.messages WHERE session = $1 AND id = ANY($2::text[]) AND hidden = 0`,
    [session, ids],
  )
  const found = new Map(rows.map(messageOf).map((message) => [message.id, message]))
  return ids.map((id) => found.get(id))
}

export async function messagesIn(
  run: Run,
  session: number,
  range: MessageRange,
): Promise<Message[]> {
  const { from, messages: most } = range
  const isUp = from === 'oldest'
  let after = range.after ?? -1
  let before = bounded(range.before ?? Infinity)
  const found: Message[] = []
  let bytes = 0
  for (;;) {
    const { rows } = await run<StoredMessage & { bytes: number }>(
      `SELECT ord, body, CASE WHEN open THEN 0 ELSE octet_length(body) END AS bytes
       FROM $schema.messages WHERE session = $1 AND hidden = 0 AND ord > $2 AND ord < $3
       ORDER BY ord ${isUp ? '' : 'DESC'} LIMIT $4`,
      [session, bounded(after), before, Math.min(step, most + 2)],
    )
    for (const row of rows) {
      found.push(messageOf(row))
      bytes += row.bytes
      if (found.length > 1 && (found.length > most || bytes > range.bytes)) return found
      if (isUp) after = row.ord
      else before = row.ord
    }
    if (rows.length < Math.min(step, most + 2)) return found
  }
}

export async function eventsIn(
  run: Run,
  session: number,
  range: EventRange,
): Promise<{ events: EventRow[]; complete: boolean }> {
  const isUp = range.from === 'oldest'
  // A row may begin before the range: the first one is where its first entry is in.
  let after = bounded(range.after ?? 0)
  let before = bounded(range.before ?? Infinity)
  const found: EventRow[] = []
  let bytes = 0
  for (;;) {
    const { rows } = await run<StoredEvents & { bytes: number }>(
      `SELECT session, first, seq, tag, body, octet_length(body) AS bytes FROM $schema.events
       WHERE session = $1 AND first < $3 AND seq > $2 AND first >= coalesce((SELECT max(first)
         FROM $schema.events WHERE session = $1 AND first <= $2::bigint + 1), 0)
       ORDER BY first ${isUp ? '' : 'DESC'} LIMIT $4`,
      [session, after, before, step],
    )
    for (const [index, row] of rows.entries()) {
      found.push(eventRow(row))
      bytes += row.bytes
      if (isUp) after = row.seq
      else before = row.first
      if (bytes > range.bytes) {
        if (index < rows.length - 1) return { events: found, complete: false }
        const { rows: more } = await run(
          `SELECT 1 FROM $schema.events WHERE session = $1 AND first < $3 AND seq > $2 AND first >= coalesce((
             SELECT max(first) FROM $schema.events WHERE session = $1 AND first <= $2::bigint + 1), 0) LIMIT 1`,
          [session, after, before],
        )
        return { events: found, complete: more.length === 0 }
      }
    }
    if (rows.length < step) return { events: found, complete: true }
  }
}
