import type { CaughtupError } from '@caughtup/schema'

import type { Waiting } from '../base/waiting.ts'

/** The result of an import; the first four numbers add up to the number of rows that were not refused. */
export interface Reconciled {
  added: number
  /** Rows that the session has or once had, and that have not changed since they were imported. */
  known: number
  /**
   * Rows that have changed since they were imported, such as an answer that has grown. Their
   * messages stay as they are.
   */
  changed: number
  /** Rows that may still grow; a later import adds them once they are complete or followed by another. */
  incomplete: number
  /**
   * How often each member was dropped that a message cannot hold, by its path (`parts.NAME`,
   * `metadata.NAME`): at most 100 paths, and the others as `other`.
   */
  notKept: Record<string, number>
}

export interface ReconcileOptions extends Waiting {
  /**
   * The session's recency after the import, in ms since the epoch. A session that has messages
   * keeps its own if that is later. `newest` means the time of the newest added row, or that of the
   * import if the row is later.
   *
   * @default the time of the import
   */
  recency?: number | 'newest'
  /**
   * Members whose read marks move to the last added message, and so past all older ones.
   *
   * @default nobody
   */
  readBy?: readonly string[]
  /**
   * Called with the error of each row that cannot be a message; the other rows are imported. The same
   * row is imported by a later import in which it can, at the end then.
   *
   * @default such a row makes the import throw, and no row is imported
   */
  onBadRow?: (error: CaughtupError) => void
}
