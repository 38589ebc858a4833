import type { Message } from '@caughtup/schema'
import { memo } from 'react'

import { AssistantMessage } from './answer/assistant-message.tsx'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { EpochDivider } from './message/epoch-divider.tsx'
import { MessageContent } from './message/message-content.tsx'
import { messageText } from '../../../shared/message-text.ts'
import { NoticeLine } from './parts/notice-line.tsx'
import { SummaryCard } from './message/summary-card.tsx'
import { UserMessage } from './message/user-message.tsx'

interface MessageViewProps {
  message: Message
  /** Whether the context was cleared right before it. */
  clearedBefore: boolean
  /** Its place among the loaded messages, from 1, and the number of all messages (-1: unknown). */
  position: number
  total: number
}

const speakers = { user: 'You', assistant: 'Assistant', system: 'System' }

/** Memoised by the message's identity: while an answer streams, only its row is drawn again. */
export const MessageView = memo(function MessageView({
  message,
  clearedBefore,
  position,
  total,
}: MessageViewProps) {
  return (
    <>
      {clearedBefore && <EpochDivider>Context cleared</EpochDivider>}
      <article
        aria-label={message.metadata.boundary ? 'Summary' : speakers[message.role]}
        aria-posinset={position}
        aria-setsize={total}
        aria-busy={message.status === 'open'}
        className="group/message"
      >
        <ErrorBoundary fallback={<Undrawable message={message} />}>{viewOf(message)}</ErrorBoundary>
      </article>
    </>
  )
})

/** A message whose view failed, as plain text. */
function Undrawable({ message }: { message: Message }) {
  return (
    <>
      <MessageContent message={message} className="whitespace-pre-wrap wrap-anywhere">
        {messageText(message)}
      </MessageContent>
      <NoticeLine>The rest of this message cannot be shown.</NoticeLine>
    </>
  )
}

function viewOf(message: Message) {
  if (message.metadata.boundary) return <SummaryCard message={message} />
  if (message.role === 'user') return <UserMessage message={message} />
  return <AssistantMessage message={message} />
}
