import type { ReplayMode, ReplayReason } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'
import type { Remedy } from '../core/remedy.ts'

/**
 * The state of a view's stream.
 *
 * - `idle`: nobody subscribes, or the view is paused
 * - `displaced`: more than `fullStreams` sessions have subscribers, and those of others came later; it goes
 *   on by itself when one of them leaves, or with `reconnect()`
 * - `connecting`: waiting for the server's first frame
 * - `replaying`: receiving what is before the live part; the view shows it when it is complete
 * - `live`: caught up and following
 * - `waiting`: between two attempts (`retryAt` says until when), or until a stream of another tab ends
 *   (without `retryAt`; `error` names the limit)
 * - `offline`: between two attempts, while the browser reports no network
 * - `ended`: the server ended it for good (`endReason`, `remedy`)
 * - `failed`: a permanent error (`error`); `remedy` says what helps, then call `reconnect()`
 */
export type ConnectionStatus =
  | 'idle'
  | 'displaced'
  | 'connecting'
  | 'replaying'
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
  /** What a person can do, while `failed` or `ended`: the view does nothing more by itself. */
  remedy?: Remedy
  /** The newest replay: the mode served, why it is not the mode requested, and its cursor. */
  lastReplay?: { mode: ReplayMode; reason?: ReplayReason; cursor?: string }
}
