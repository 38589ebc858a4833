import type { ActivityRow } from '@caughtup/schema'

export interface ActivityPage {
  rows: ActivityRow[]
  /** Where the next page goes on; absent when there is none. */
  next?: { recency: number; id: string }
  /** Where the feed stands. */
  position: number
}

export interface RowsStep {
  /** Where the step before ended; absent at the beginning. */
  after?: number
  limit: number
}

export interface ActivityRows {
  rows: ActivityRow[]
  /** Where the next step goes on; absent when there is none. */
  next?: number
  /** Where the feed stands. */
  position: number
}

export interface ActivityChanges {
  rows: ActivityRow[]
  removed: Removal[]
  /** Everything up to here is in it. */
  position: number
  /** Whether something lies after it. */
  more: boolean
  /** Whether `since` was a position of this feed, and the removals after it are still known. */
  known: boolean
}

/** A session that is gone: older rows do not bring it back. */
export interface Removal {
  sessionId: string
  revision: number
}
