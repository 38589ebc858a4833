import type { ReplayMode, ReplayReason } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'

/**
 * The state of a view's stream.
 *
 * - `idle`: nobody subscribes, or the view is paused
 * - `displaced`: more than `fullStreams` sessions have subscribers, and those of others came later; it goes
 *   on by itself when one of them leaves, or with `reconnect()`
 * - `connecting`: waiting for the stream, or replaying
 * - `live`: caught up and following
 * - `waiting`: between two attempts (`retryAt` says until when), or until a stream of another tab ends
 *   (without `retryAt`; `error` names the limit)
 * - `offline`: between two attempts, while the browser reports no network
 * - `ended`: the server ended it for good (`endReason`)
 * - `failed`: a permanent error (`error`); remove its cause and call `reconnect()`
 */
export type ConnectionStatus =
  | 'idle'
  | 'displaced'
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
  /** When the next attempt begins, in ms since the epoch; only while `waiting`, and not for another stream. */
  retryAt?: number
  error?: ViewError
  endReason?: 'session-deleted' | 'shutting-down' | 'forbidden' | 'replaced'
  /** The newest replay: the mode served, why it is not the mode requested, and its cursor. */
  lastReplay?: { mode: ReplayMode; reason?: ReplayReason; cursor?: string }
}
