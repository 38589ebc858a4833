import type { Message } from '@caughtup/schema'

import type {
  EventRange,
  MessageRange,
  SessionAsk,
  SessionReading,
  Wanted,
} from '../../rows/tables/tables.ts'
import type { Run } from '../connection/client.ts'
import { eventRows, gathered, type Gathered, journalRow, type JournalRow } from './gathered.ts'
import { imageColumns, imageJoins, imageOf, type StoredImage } from './images.ts'
import { bounded } from './stored.ts'

/** Rows of a journal that are read at once, and bytes that each of them has at least. */
const mostRows = 1_000
const leastRowBytes = 100

interface StoredReading extends StoredImage {
  messages?: Gathered<Message>
  newer?: Gathered<Message>
  by_id?: Gathered<Message>
  events?: Gathered<JournalRow>
  complete?: boolean | null
}

/** A session with what is wanted of it, as of one moment: it is one statement. */
export async function readSession(
  run: Run,
  { id, known, tagAt }: SessionAsk,
  { messages, newer, ids, events }: Wanted,
): Promise<SessionReading | undefined> {
  const values: unknown[] = [
    id,
    known?.key ?? null,
    known?.base ?? null,
    known?.seq ?? null,
    tagAt ?? null,
    known?.tag ?? null,
  ]
  const value = (type: string) => (given: unknown) => `$${values.push(given)}::${type}`
  const number = value('bigint')
  const parts = [
    messages && `, LATERAL (${messagesIn(messages, number)}) AS x(messages)`,
    newer && `, LATERAL (${messagesIn(newer, number)}) AS y(newer)`,
    ids && `, LATERAL (${messagesBy(ids, value('text[]'))}) AS z(by_id)`,
    events && `, LATERAL (${eventsIn(events, number)}) AS j(events, complete)`,
  ]
  const columns = [
    messages && ', x.messages',
    newer && ', y.newer',
    ids && ', z.by_id',
    events && ', j.events, j.complete',
  ]
  const { rows } = await run<StoredReading>(
    `SELECT ${imageColumns}${columns.map((each) => each ?? '').join('')} FROM (SELECT $1::text AS id,
       $2::bigint AS key, $3::bigint AS base, $4::bigint AS seq, $5::bigint AS tag_at, $6::text AS tag) t ${imageJoins}
     ${parts.map((each) => each ?? '').join('\n')}`,
    values,
  )
  const [row] = rows
  if (!row) return undefined
  const byId = new Map(gathered(row.by_id ?? null).map((message) => [message.id, message]))
  return {
    image: imageOf(row),
    messages: gathered(row.messages ?? null),
    newer: gathered(row.newer ?? null),
    byId: (ids ?? []).map((each) => byId.get(each)),
    events: eventRows(row.key, row.events ?? null),
    complete: row.complete ?? true,
  }
}

type Value<T> = (value: T) => string

/** One more than the caps allow, so that it shows whether there are more; two at least. */
function messagesIn(range: MessageRange, value: Value<number>): string {
  const order = `ord ${range.from === 'oldest' ? '' : 'DESC'}`
  const most = bounded(Math.max(range.messages, 1))
  return `SELECT string_agg(body, ',' ORDER BY ${order}) FROM (
    SELECT ord, body, row_number() OVER (ORDER BY ${order}) AS n, sum(bytes) OVER (ORDER BY ${order}) - bytes AS size
    FROM (SELECT ord, body, CASE WHEN open THEN 0 ELSE octet_length(body) END AS bytes FROM $schema.messages
      WHERE session = s.key AND hidden = 0 AND ord > ${value(bounded(range.after ?? -1))}
      AND ord < ${value(bounded(range.before ?? Infinity))} ORDER BY ${order} LIMIT ${value(most)} + 1) r) r
    WHERE n <= 2 OR size <= ${value(bounded(range.bytes))}`
}

function messagesBy(ids: readonly string[], value: Value<readonly string[]>): string {
  return `SELECT string_agg(body, ',') FROM $schema.messages
    WHERE session = s.key AND id = ANY((SELECT ${value(ids)})::text[]) AND hidden = 0`
}

function eventsIn(range: EventRange, value: Value<number>): string {
  const order = `first ${range.from === 'oldest' ? '' : 'DESC'}`
  const most = Math.min(mostRows, 1 + Math.ceil(Math.max(range.bytes, 0) / leastRowBytes))
  const after = value(bounded(range.after ?? 0))
  const size = `coalesce(sum(octet_length(body)) OVER (ORDER BY ${order}
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)`
  // A row may begin before the range: the first one is where its first entry is in.
  return `SELECT string_agg(${journalRow('r')}, ',' ORDER BY ${order}) FILTER (WHERE fits), bool_and(fits) FROM (
    SELECT first, seq, tag, body, ${size} <= ${value(bounded(range.bytes))}
      AND row_number() OVER (ORDER BY ${order}) <= ${value(most)} AS fits
    FROM (SELECT first, seq, tag, body FROM $schema.events WHERE session = s.key
      AND first < ${value(bounded(range.before ?? Infinity))} AND seq > ${after} AND first >= coalesce((
        SELECT max(first) FROM $schema.events WHERE session = s.key AND first <= ${after} + 1), 0)
      ORDER BY ${order} LIMIT ${value(most)} + 1) r) r`
}
