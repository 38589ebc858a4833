import type {
  ContextUsage,
  ErrorCode,
  ErrorData,
  Message,
  PromptPart,
  QueuedRun,
  ReplayMode,
  ReplayReason,
  Run,
  RunError,
  UsageLedger,
} from '@caughtup/schema'

/**
 * Where a view's stream stands.
 *
 * - `idle`: nobody subscribes, or the view is held
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

/** A code of the protocol, or `NETWORK` where no answer came, or `INTERNAL` for a 500. */
export type ChatErrorCode = ErrorCode | 'NETWORK' | 'INTERNAL'

/** An error as a view shows it. */
export interface ViewError {
  code: ChatErrorCode
  message: string
  data: ErrorData
}

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

/** A prompt that was sent and is not yet seen in the session's messages or queue. */
export interface PendingPrompt {
  messageId: string
  parts: readonly PromptPart[]
  /** Absent while it is under way; set when it failed for good. */
  error?: ViewError
}

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
