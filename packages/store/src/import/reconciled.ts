import type { Waiting } from '../base/waiting.ts'

/** The result of an import; the first four numbers add up to the number of rows. */
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
   * keeps its own if that is later.
   *
   * @default the time of the import
   */
  recency?: number
  /**
   * Members whose read marks move to the last added message, and so past all older ones.
   *
   * @default nobody
   */
  readBy?: readonly string[]
}
