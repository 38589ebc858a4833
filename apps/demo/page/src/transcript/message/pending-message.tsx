import type { PendingPrompt } from '@caughtup/web-client'

import { Button } from '../../ui/button.tsx'
import { FileView } from '../parts/file-view.tsx'
import { MessageContent } from './message-content.tsx'
import { userBubble } from './user-message.tsx'

interface PendingMessageProps {
  prompt: PendingPrompt
  onRetry: (messageId: string) => void
  onDismiss: (messageId: string) => void
}

/** A prompt that the server has not acknowledged yet, marked as such. */
export function PendingMessage({ prompt, onRetry, onDismiss }: PendingMessageProps) {
  const { messageId, parts, error } = prompt
  return (
    <article aria-label="You" aria-busy={!error} className="flex flex-col items-end gap-1">
      <MessageContent
        message={{ id: messageId, role: 'user', status: 'open' }}
        className={`${userBubble} ${error ? 'bg-danger-soft' : 'opacity-70'}`}
      >
        {parts.map((part, index) =>
          part.type === 'text' ? (
            <span key={index}>{part.text}</span>
          ) : (
            <FileView key={index} part={part} />
          ),
        )}
      </MessageContent>
      {error ? (
        <div className="flex max-w-full flex-wrap items-center justify-end gap-2">
          <p role="alert" className="text-xs wrap-anywhere text-danger">
            Not sent: {error.message}
          </p>
          <Button onClick={() => onRetry(messageId)}>Try again</Button>
          <Button onClick={() => onDismiss(messageId)}>Discard</Button>
        </div>
      ) : (
        <p className="appear-late text-xs text-muted-foreground">Sending…</p>
      )}
    </article>
  )
}
