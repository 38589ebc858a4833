import type { MessageDraft, MessageMetadata } from '../model/message.ts'
import type { Part } from '../model/part.ts'
import type { QueuedRun, RunDraft } from '../model/run.ts'
import type { Usage } from '../model/usage.ts'
import type { EventOf } from './event.ts'

/**
 * An event before it is committed. The commit gives it its seq, epoch and time, and whatever
 * follows from the session's state at that moment: a message its order, a run its generation,
 * the ledger its new whole, a truncation what it removes.
 */
export type EventDraft = { runId?: string } & (
  | { type: 'message-created'; message: MessageDraft }
  | Pick<EventOf<'message-delta'>, 'type' | 'messageId' | 'ops'>
  | Pick<
      EventOf<'message-finished'>,
      'type' | 'messageId' | 'reason' | 'usage' | 'contextUsage' | 'error'
    >
  | (Pick<EventOf<'boundary'>, 'type' | 'kind' | 'trigger'> & { summary?: MessageDraft })
  | { type: 'run-started'; run: RunDraft }
  | (Pick<EventOf<'run-changed'>, 'type' | 'status'> & { runId: string })
  | (Pick<EventOf<'run-ended'>, 'type' | 'reason' | 'error'> & { runId: string })
  | { type: 'queue-changed'; add: QueuedRun; front?: true }
  | { type: 'queue-changed'; remove: string }
  | { type: 'queue-changed'; replace: QueuedRun }
  | UsageDraft
  | HistoryDraft
)

/** What is added to the ledger: a sum, and how much of it each model used. */
export interface UsageDraft {
  type: 'usage'
  add: Usage
  models?: Readonly<Record<string, Usage>>
  /** Whose usage it is, when it is not the session's own: what came of it once is not added again. */
  child?: string
}

/**
 * A change of what the newest epoch holds; the guard `no-active-run` goes with it.
 *
 * - `message-replaced`: its parts, and metadata where given
 * - `history-truncated`: all after the message, or everything; `undo`: the last turn, to be restored
 * - `history-restored`: the newest undo taken back
 * - `imported`: messages put at the end, and what is to be remembered of where they came from;
 *   `recency`: when the session was last used, which an empty session takes as it is and any other
 *   only when it is later; `readBy`: principals who have read up to the last of them
 * - `message-erased`: of any epoch
 */
export type HistoryDraft =
  | {
      type: 'message-replaced'
      messageId: string
      parts: readonly Part[]
      metadata?: MessageMetadata
    }
  | { type: 'message-deleted'; messageId: string }
  | { type: 'history-truncated'; after?: string; undo?: true }
  | { type: 'history-restored' }
  | {
      type: 'imported'
      messages: readonly MessageDraft[]
      identities: readonly ImportIdentity[]
      recency?: number
      readBy?: readonly string[]
    }
  | { type: 'message-erased'; messageIds: readonly string[] }

/** Where an imported message came from: how often this identity has been imported by now. */
export interface ImportIdentity {
  identity: string
  count: number
}
