import type { Message } from '@caughtup/schema'
import type { ReactNode } from 'react'

interface MessageContentProps {
  message: Pick<Message, 'id' | 'role' | 'status'>
  className?: string
  children: ReactNode
}

/** The element of a message's content, without facts about the message. */
export function MessageContent({ message, className = '', children }: MessageContentProps) {
  return (
    <div
      data-testid="message"
      data-message-id={message.id}
      data-role={message.role}
      data-status={message.status}
      className={className}
    >
      {children}
    </div>
  )
}
