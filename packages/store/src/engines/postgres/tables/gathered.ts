import type { Event } from '@caughtup/schema'

import type { EventRow } from '../../rows/tables/rows.ts'

declare const element: unique symbol
/** Values in JSON with commas between them, or NULL for none: `string_agg(…, ',')`. */
export type Gathered<T> = (string & { [element]?: T }) | null

export function gathered<T>(values: Gathered<T>): T[] {
  return values === null ? [] : JSON.parse(`[${values}]`)
}

export type JournalRow = [first: number, seq: number, tag: string, events: Event[]]

/** A row of `events` in JSON. */
export function journalRow(row: string): string {
  return `'[' || ${row}.first || ',' || ${row}.seq || ',' || to_json(${row}.tag)::text || ',' || ${row}.body || ']'`
}

export function eventRows(session: number, rows: Gathered<JournalRow>): EventRow[] {
  return gathered(rows).map(([first, seq, tag, events]) => ({ session, first, seq, tag, events }))
}
