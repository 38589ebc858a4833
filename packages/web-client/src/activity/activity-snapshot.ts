import type { ActivityRow } from '@caughtup/schema'

import type { Connection } from '../live/connection.ts'

/** The session list at one moment. */
export interface ActivitySnapshot {
  connection: Connection
  /** Whether the rows may be behind the server. They stay through all errors. */
  stale: boolean
  /** By recency, newest first. */
  rows: readonly ActivityRow[]
}

/** What the activity feed knows about a session. */
export interface ActivityHint {
  row: ActivityRow
  /** Whether the feed is caught up, so that the row is current. */
  live: boolean
}
