import type { Message } from '@caughtup/schema'
import type { Connection, PendingPrompt, ViewError } from '@caughtup/web-client'

export interface TranscriptProps {
  messages: readonly Message[]
  /** Prompts that are not acknowledged yet, shown after the messages. */
  pending: readonly PendingPrompt[]
  epoch: number
  streaming: boolean
  connection: Connection
  /** Whether the server may have newer messages. */
  stale: boolean
  /** Whether the session was deleted or never existed. */
  gone: boolean
  hasOlder: boolean
  loadingOlder: boolean
  olderError: ViewError | undefined
  unread: number
  /** A message to show, with those around it, in place of the newest ones. */
  messageId: string | undefined
  onLoadOlder: () => void
  /** Called when the reader has seen the unread messages. */
  onRead: () => void
  onSend: (text: string) => void
  onRetry: (messageId: string) => void
  onDismiss: (messageId: string) => void
}
