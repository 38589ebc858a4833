import type { Message } from '@caughtup/schema'

/**
 * What this process did to a session, for code beside the store. The types are those of the journal's
 * entries, but `message` (a message's state after a commit) and `session-deleted`.
 */
export type StoreUpdate =
  | MessageUpdate
  | { type: 'message-deleted'; sessionId: string; seq: number; messageId: string }
  | { type: 'message-erased'; sessionId: string; seq: number; messageIds: readonly string[] }
  | HistoryTruncatedUpdate
  | { type: 'history-restored'; sessionId: string; seq: number; messages: readonly Message[] }
  | { type: 'imported'; sessionId: string; seq: number; messages: readonly Message[] }
  | ForkedUpdate
  | { type: 'session-deleted'; sessionId: string }

/**
 * A message that was made, goes on, was finished or edited; its `revision` is the seq. States in the
 * middle of an answer may be left out, its last one is not.
 */
export interface MessageUpdate {
  type: 'message'
  sessionId: string
  message: Message
}

/** Messages of a higher order than `after` are gone; an undone stretch may be restored. */
export interface HistoryTruncatedUpdate {
  type: 'history-truncated'
  sessionId: string
  seq: number
  after: number
  undo: boolean
}

/** A session that is complete from now on; its messages are read with `page`. */
export interface ForkedUpdate {
  type: 'forked'
  sessionId: string
  /** The session that it was copied from. */
  from: string
}
