import type { Message } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'

/** A stretch of a session around a message, at one moment. Immutable; what did not change keeps its identity. */
export interface AroundSnapshot {
  sessionId: string
  /** The message that the stretch was loaded around. */
  messageId: string
  /** Oldest first, of any epochs; empty until the first page has come. */
  messages: readonly Message[]
  /** Whether the first page is on its way, or all of them again. */
  loading: boolean
  /** Why that failed, `NOT_FOUND` if the session does not show the message; `reload()` tries again. */
  error?: ViewError
  /** Whether `loadOlder()` would load something. */
  hasOlder: boolean
  loadingOlder: boolean
  /** Why the last `loadOlder()` failed; calling it again requests the same page. */
  olderError?: ViewError
  /** Whether `loadNewer()` would load something. */
  hasNewer: boolean
  loadingNewer: boolean
  newerError?: ViewError
  /** Whether the messages may be behind the server, because the session's view is, or they are loaded again. */
  stale: boolean
  /** Whether the stretch meets the messages of the session's view, so that a page can show that one instead. */
  reachesLive: boolean
}
