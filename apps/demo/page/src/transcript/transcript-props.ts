import type { Message } from '@caughtup/schema'
import type { PendingPrompt, ViewError } from '@caughtup/web-client'

export interface TranscriptProps {
  messages: readonly Message[]
  /** Prompts on their way, shown after the messages. */
  pending: readonly PendingPrompt[]
  epoch: number
  streaming: boolean
  /** Whether the server may have more than what is shown. */
  stale: boolean
  /** Whether the session was deleted, or never was. */
  gone: boolean
  hasOlder: boolean
  loadingOlder: boolean
  olderError: ViewError | undefined
  unread: number
  onLoadOlder: () => void
  /** Called when what is unread has been seen. */
  onRead: () => void
  onSend: (text: string) => void
  onRetry: (messageId: string) => void
  onDismiss: (messageId: string) => void
}
