import type { Message } from '@caughtup/schema'
import type { ReactNode } from 'react'

interface MessageContentProps {
  message: Pick<Message, 'id' | 'role' | 'status'>
  className?: string
  children: ReactNode
}

/** The element that holds what a message says, and nothing that is said about it. */
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
