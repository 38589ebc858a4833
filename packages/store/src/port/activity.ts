import type { ActivityRow } from '@caughtup/schema'

import type { ListPlace } from './sessions.ts'

/**
 * Rows of one principal:
 * - by `recency`, newest first
 * - by `creation`: an order that never changes, so that a list read in steps has each row once
 * - by `change`: rows and removals after a position of the feed, in the order of commits
 * - by `session`: the row of one, if the principal has it
 */
export type ActivityQuery =
  | { by: 'recency'; after?: ListPlace; limit: number }
  | { by: 'creation'; after?: number; limit: number }
  | { by: 'change'; after: number; limit: number }
  | { by: 'session'; sessionId: string }

export interface ActivityStep {
  rows: ActivityRow[]
  /** Sessions that the principal lost; only in a reading by change. */
  removed: Removal[]
  /** Where the feed stands; in a reading by change, everything up to here is in it. */
  position: number
  /**
   * Which history of the database the position is of, as 1 to 16 letters and digits: another one once the database
   * may have lost commits, since positions are then given again. Absent where no process outlives such a loss.
   */
  history?: string
  /** By creation and by change: the next step's `after`; absent where nothing follows. */
  next?: number
  /** By recency: the next step's `after`; absent where nothing follows. */
  nextPlace?: ListPlace
  /** By change: whether `after` is a position of this feed, and all removals after it are known. */
  known: boolean
}

/** A session that is gone: older rows do not bring it back. */
export interface Removal {
  sessionId: string
  revision: number
}
