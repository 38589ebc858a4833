import type { ActivityRow } from '@caughtup/schema'

import type { Connection } from '../session/session-snapshot.ts'

/** The session list at one moment. */
export interface ActivitySnapshot {
  connection: Connection
  /** Whether the rows may be behind the server. An error never empties them. */
  stale: boolean
  /** By recency, newest first. */
  rows: readonly ActivityRow[]
}
