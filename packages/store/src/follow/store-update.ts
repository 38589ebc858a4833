import type { Message } from '@caughtup/schema'

/**
 * A change that this process made to a session, for code beside the store. The types are those of
 * journal entries, except `message` (a message's state after a commit) and `session-deleted`.
 */
export type StoreUpdate =
  | MessageUpdate
  | { type: 'message-deleted'; sessionId: string; seq: number; messageId: string }
  | { type: 'message-erased'; sessionId: string; seq: number; messageIds: readonly string[] }
  | HistoryTruncatedUpdate
  | HistoryRestoredUpdate
  | { type: 'imported'; sessionId: string; seq: number; messages: readonly Message[] }
  | ForkedUpdate
  | { type: 'session-deleted'; sessionId: string }

/**
 * A message that was created, has grown, was finished or was edited; its `revision` is the seq.
 * Intermediate states may be left out, the last one is not.
 */
export interface MessageUpdate {
  type: 'message'
  sessionId: string
  message: Message
}

/** Messages of a higher order than `after` are gone; those that are `kept` may be restored. */
export interface HistoryTruncatedUpdate {
  type: 'history-truncated'
  sessionId: string
  seq: number
  after: number
  kept: boolean
}

/** A version is shown after order `after`, instead of the messages that were there. */
export interface HistoryRestoredUpdate {
  type: 'history-restored'
  sessionId: string
  seq: number
  after: number
  /** Absent if they are large: read them with `page`. */
  messages?: readonly Message[]
}

/** A fork that is now complete; read its messages with `page`. */
export interface ForkedUpdate {
  type: 'forked'
  sessionId: string
  /** The session it was copied from. */
  from: string
}
