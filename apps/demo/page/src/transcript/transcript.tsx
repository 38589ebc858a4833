import type { Message } from '@caughtup/schema'
import type { PendingPrompt, ViewError } from '@caughtup/web-client'
import { memo } from 'react'

import { useCountedRedraws } from '../inspector/redraw-counter.tsx'
import { EmptyTranscript } from './empty-transcript.tsx'
import { MessageList } from './message-list.tsx'

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

/** What has been said in a session, or what could be said first. */
export const Transcript = memo(function Transcript(props: TranscriptProps) {
  useCountedRedraws()
  const { messages, pending, hasOlder, stale, gone, epoch, onSend } = props
  if (messages.length === 0 && pending.length === 0 && !hasOlder) {
    if (gone) return <div className="flex-1" />
    return <EmptyTranscript loading={stale} epoch={epoch} onSend={onSend} />
  }
  return <MessageList {...props} />
})
