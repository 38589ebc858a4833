import type { Message } from '@caughtup/schema'

import { AssistantMessage } from './answer/assistant-message.tsx'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { MessageContent } from './message/message-content.tsx'
import { messageText } from '../../../shared/message-text.ts'
import { NoticeLine } from './parts/notice-line.tsx'
import { SummaryCard } from './message/summary-card.tsx'
import { UserMessage } from './message/user-message.tsx'

/** What a message says. */
export function MessageView({ message }: { message: Message }) {
  return (
    <div className="group/message">
      <ErrorBoundary fallback={<Undrawable message={message} />}>{viewOf(message)}</ErrorBoundary>
    </div>
  )
}

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
