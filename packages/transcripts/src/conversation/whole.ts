import type { ImportedRow } from '@caughtup/store'

/** Rows of a conversation that has ended: none of them may still grow. */
export function whole(rows: readonly ImportedRow[]): ImportedRow[] {
  return rows.map(({ complete: _, ...row }) => row)
}
