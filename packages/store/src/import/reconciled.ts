import type { Waiting } from '../base/waiting.ts'

/** What the rows of a foreign transcript led to; the first four numbers add up to all of them. */
export interface Reconciled {
  added: number
  /** Rows that the session has, or once had, as they were when they came. */
  known: number
  /**
   * Rows that came before and say something else now, such as an answer that has grown since. What
   * is here stays as it is.
   */
  changed: number
  /** Rows that may still grow; they are taken when they come again complete, or with another after them. */
  incomplete: number
  /**
   * Members of rows that a message has no place for, by their path (`parts.NAME`, `metadata.NAME`),
   * and how often each was left out: at most 100 paths, and the others as `other`.
   */
  notKept: Record<string, number>
}

export interface ReconcileOptions extends Waiting {
  /**
   * The session's recency after the import, in ms since the epoch; where it has messages already,
   * only if that is later than its own.
   *
   * @default the time of the import
   */
  recency?: number
  /**
   * Members who have read the session up to the last row that is added, older messages included.
   *
   * @default nobody
   */
  readBy?: readonly string[]
}
