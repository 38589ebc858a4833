import type { ReplayMode, ReplayReason } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'

/**
 * Where a view's stream stands.
 *
 * - `idle`: nobody subscribes, or the view is paused
 * - `connecting`: asked for a stream, or replaying
 * - `live`: caught up and following
 * - `waiting`: between two attempts (`retryAt` says until when)
 * - `offline`: the browser says that there is no network; resumes by itself
 * - `ended`: the server ended it for good (`endReason`)
 * - `failed`: a permanent error (`error`); `reconnect()` after mending its cause
 */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'waiting'
  | 'offline'
  | 'ended'
  | 'failed'

export interface Connection {
  status: ConnectionStatus
  /** Attempts since the view was last live; 0 while it is. */
  attempts: number
  /** When the next attempt begins, in ms since the epoch; only while `waiting`. */
  retryAt?: number
  error?: ViewError
  endReason?: 'session-deleted' | 'shutting-down' | 'forbidden' | 'replaced'
  /** What the newest replay was: the mode really served, why another than asked, and its cursor. */
  lastReplay?: { mode: ReplayMode; reason?: ReplayReason; cursor?: string }
}
