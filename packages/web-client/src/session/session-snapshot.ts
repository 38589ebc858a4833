import type { ContextUsage, Message, QueuedRun, Run, RunError, UsageLedger } from '@caughtup/schema'

import type { ViewError } from '../core/errors.ts'
import type { Connection } from '../live/connection.ts'
import type { PendingPrompt } from '../outbox/outbox.ts'

/** What a view of one session shows at one moment. Immutable; what did not change keeps its identity. */
export interface SessionSnapshot {
  sessionId: string
  connection: Connection
  /** Whether what is shown may be behind the server: not caught up since the last interruption. */
  stale: boolean
  /** Oldest first: the window, what came since, and the older pages that were loaded. */
  messages: readonly Message[]
  epoch: number
  /** Whether `loadOlder()` would bring something. */
  hasOlder: boolean
  loadingOlder: boolean
  /** Why the last `loadOlder()` failed; its place is kept, so calling it again goes on there. */
  olderError?: ViewError
  run?: Run
  queue: readonly QueuedRun[]
  /** Prompts on their way. */
  pending: readonly PendingPrompt[]
  /** From the stream once caught up, from the activity feed until then. */
  streaming: boolean
  model?: string
  thinkingLevel?: string
  /** Why the newest run failed; also that of a compaction, which has no message to say it. */
  lastError?: RunError
  canInterrupt: boolean
  usage?: UsageLedger
  contextUsage?: ContextUsage
  canUndo: boolean
  canRedo: boolean
  /** Events passed over because they were unreadable or of an unknown type. */
  skipped: number
}
