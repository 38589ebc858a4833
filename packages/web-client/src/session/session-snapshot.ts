import type {
  ContextUsage,
  Message,
  Presence,
  QueuedRun,
  Run,
  RunError,
  Unmerged,
  UsageLedger,
} from '@caughtup/schema'
import type { AwaitedCall } from '@caughtup/schema/fold'

import type { ViewError } from '../core/errors.ts'
import type { Connection } from '../live/connection.ts'
import type { PendingPrompt } from '../outbox/pending-prompts.ts'

/** A session at one moment. Immutable; parts that did not change keep their identity. */
export interface SessionSnapshot {
  sessionId: string
  connection: Connection
  /** Whether the snapshot may be behind the server: not caught up since the last interruption. */
  stale: boolean
  /** Oldest first: the older pages that were loaded, the window, and messages since. */
  messages: readonly Message[]
  epoch: number
  /** Whether `loadOlder()` would load something. */
  hasOlder: boolean
  loadingOlder: boolean
  /** Why the last `loadOlder()` failed; calling it again requests the same page. */
  olderError?: ViewError
  run?: Run
  /** The tool calls for whose answers the run waits: approvals to give, calls for this client to make. */
  waiting: readonly AwaitedCall[]
  queue: readonly QueuedRun[]
  /** Prompts that are not yet seen in the session, by all tabs of the `outbox`; in their order. */
  pending: readonly PendingPrompt[]
  /**
   * The message id of the prompt that was last in `pending`, also when the session has it: of one that the server
   * has within a frame, listeners see no snapshot in which it is pending. For pages that bring people to what they
   * have just sent.
   */
  lastPending: string | undefined
  /** Who is watching the session, the caller too, by who came first; empty unless `live`. */
  presence: readonly Presence[]
  /** From the stream once caught up, from the activity feed until then. */
  streaming: boolean
  model?: string
  thinkingLevel?: string
  /** Why the newest run failed, also a compaction, which has no message with the error. */
  lastError?: RunError
  canInterrupt: boolean
  usage?: UsageLedger
  contextUsage?: ContextUsage
  /**
   * Why messages that another system appended to the session may be missing, as of the last time that
   * the view caught up: `failed` (the host could not read them), or `run-active` (they come after
   * the run, at the latest with the next one).
   */
  unmerged?: Unmerged
  canUndo: boolean
  canRedo: boolean
  /** Events skipped because they were unreadable or of an unknown type. */
  skipped: number
}
