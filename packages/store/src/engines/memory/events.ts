import { jsonBytes } from '../../base/bytes.ts'
import { asAppend } from '../../journal/segment.ts'
import type { AppendedRow, EventRow } from '../rows/tables/rows.ts'
import { indexAbove, type SessionData, type StoredEvents } from './database.ts'

/** About the bytes of an entry besides its text. */
const overhead = 120

const firstOf = ({ first }: StoredEvents) => first

/** Whether every row's fence holds and nothing has its place; see `Tables.append`. */
export function fits(
  rows: readonly AppendedRow[],
  find: (key: number) => SessionData | undefined,
): boolean {
  return rows.every(({ session, base, first }) => {
    const data = find(session)
    if (!data) return false
    const { record, floor } = data.row
    return record.seq === base && floor < first && !hasRow(data.events, first)
  })
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
