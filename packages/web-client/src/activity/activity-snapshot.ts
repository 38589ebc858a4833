import type { ActivityRow } from '@caughtup/schema'

import type { Connection } from '../live/connection.ts'

/** The session list at one moment. */
export interface ActivitySnapshot {
  connection: Connection
  /** Whether the rows may be behind the server. An error never empties them. */
  stale: boolean
  /** By recency, newest first. */
  rows: readonly ActivityRow[]
}

/** What the activity feed says of a session. */
export interface ActivityHint {
  row: ActivityRow
  /** Whether the feed is caught up, so that the row is as new as can be. */
  live: boolean
}
