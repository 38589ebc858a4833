import { jsonBytes } from '../../base/bytes.ts'
import { asAppend } from '../../journal/segment.ts'
import type { AppendedRow, EventRow, WrittenRow, KnownEntry } from '../rows/tables/rows.ts'
import { indexAbove, type SessionData, type StoredEvents } from './database.ts'

/** About the bytes of an entry besides its text. */
const overhead = 120

const firstOf = ({ first }: StoredEvents) => first

/** Whether every row's fence holds and nothing has its place; see `Tables.append`. */
export function fits(
  rows: readonly AppendedRow[],
  find: (key: number) => SessionData | undefined,
): boolean {
  return rows.every(({ session, base, first, behind }) => {
    const data = find(session)
    if (!data) return false
    const { record, floor } = data.row
    if (record.seq !== base || floor >= first || hasRow(data.events, first)) return false
    return behind === undefined || holds(data, { seq: first - 1, tag: behind })
  })
}

/** Whether a row is there as it was written. */
export function hasWritten(
  data: SessionData | undefined,
  { first, seq, tag }: WrittenRow,
): boolean {
  const row = data?.events[indexAbove(data.events, first - 1, firstOf)]
  return row?.first === first && row.seq === seq && row.tag === tag
}

/** Whether the newest entry up to a seq is that one, with this tag. */
export function holds(
  { row, events }: Pick<SessionData, 'row' | 'events'>,
  { seq, tag }: KnownEntry,
): boolean {
  if (seq <= row.floor) return seq === row.floor && tag === row.floorTag
  const newest = events[indexAbove(events, seq, firstOf) - 1]
  return newest?.seq === seq && newest.tag === tag
}

/** Puts a row at its place, which is behind the others: only a broken fence lets one in elsewhere. */
export function push(data: SessionData | undefined, row: AppendedRow): void {
  const { base: _, ...stored } = row
  data?.events.splice(indexAbove(data.events, row.first - 1, firstOf), 0, sized(stored))
}

function hasRow(events: readonly StoredEvents[], first: number): boolean {
  return events[indexAbove(events, first - 1, firstOf)]?.first === first
}

export function sized(row: EventRow): StoredEvents {
  let bytes = 0
  for (const event of row.events) {
    const append = asAppend(event)
    bytes += append ? append.text.length + overhead : jsonBytes(event)
  }
  return { ...row, bytes }
}
