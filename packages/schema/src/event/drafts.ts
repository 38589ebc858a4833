import type { MessageDraft, MessageMetadata } from '../model/message.ts'
import type { Part } from '../model/part.ts'
import type { QueuedRun, RunDraft } from '../model/run.ts'
import type { Usage } from '../model/usage.ts'
import type { EventOf } from './event.ts'

/**
 * An event before it is committed. The commit adds seq, epoch and time, and what follows from the
 * session's state at that moment: a message's order, a run's generation, the new ledger, what a
 * truncation removes.
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
  | (Pick<EventOf<'run-changed'>, 'type' | 'status' | 'attempt' | 'usage' | 'author'> & {
      runId: string
    })
  | (Pick<EventOf<'run-ended'>, 'type' | 'reason' | 'error'> & { runId: string })
  | { type: 'queue-changed'; add: QueuedRun; front?: true }
  | { type: 'queue-changed'; remove: string }
  | { type: 'queue-changed'; replace: QueuedRun }
  | UsageDraft
  | HistoryDraft
)

/** An addition to the ledger: a sum, and the part of it that each model used. */
export interface UsageDraft {
  type: 'usage'
  add: Usage
  models?: Readonly<Record<string, Usage>>
  /** Id of the child whose usage it is, if it is not the session's own; each child is added once. */
  child?: string
}

/**
 * An edit of the messages of the newest epoch, committed under the guard `no-active-run`.
 *
 * - `message-replaced`: new parts, and new metadata if given
 * - `history-truncated`: removes all messages after `after`, or from `before` on, or with `undo` the
 *   last turn, or all. With `keep` they stay as a hidden version, and `keep` is the most versions that
 *   a place has; what an undo takes stays always
 * - `history-restored`: shows the version whose first message is `messageId`, or the newest one after
 *   the last message
 * - `imported`: messages for the end, and the identities under which they are remembered; `recency`:
 *   when the session was last used, which applies if the session is empty or it is later than the
 *   session's own; `readBy`: principals who have read all of them
 * - `message-erased`: messages of any epoch
 */
export type HistoryDraft =
  | {
      type: 'message-replaced'
      messageId: string
      parts: readonly Part[]
      metadata?: MessageMetadata
    }
  | { type: 'message-deleted'; messageId: string }
  | { type: 'history-truncated'; after?: string; keep?: number }
  | { type: 'history-truncated'; before: string; keep: number }
  | { type: 'history-truncated'; undo: true; keep: number }
  | { type: 'history-restored'; messageId?: string }
  | {
      type: 'imported'
      messages: readonly MessageDraft[]
      identities: readonly ImportIdentity[]
      recency?: number
      readBy?: readonly string[]
    }
  | { type: 'message-erased'; messageIds: readonly string[] }

/** Identity of imported messages, and how many have been imported under it by now. */
export interface ImportIdentity {
  identity: string
  count: number
}
