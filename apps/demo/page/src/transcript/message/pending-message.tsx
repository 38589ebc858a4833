import type { PendingPrompt } from '@caughtup/web-client'
import { useState } from 'react'

import { useShownSession } from '../../client/session-context.tsx'
import { PromptField } from '../../composer/prompt-field.tsx'
import { Button } from '../../ui/button.tsx'
import { focusComposer } from '../../ui/focus-composer.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { FileView } from '../parts/file-view.tsx'
import { MessageContent } from './message-content.tsx'
import { userBubble } from './user-message.tsx'

interface PendingMessageProps {
  prompt: PendingPrompt
  onRetry: (messageId: string) => void
  onDismiss: (messageId: string) => void
}

/** A prompt that the server does not have yet, or that it refused. Until it is sent, it can be changed. */
export function PendingMessage({ prompt, onRetry, onDismiss }: PendingMessageProps) {
  const { messageId, parts, error, state, kept } = prompt
  const { session } = useShownSession()
  const { attempt } = useToasts()
  const [editing, setEditing] = useState(false)
  const canChange = state === 'queued' || state === 'failed'
  return (
    <div className="flex flex-col items-end gap-1">
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
      {editing && canChange ? (
        <PromptField
          parts={parts}
          onDone={(changed) => {
            setEditing(false)
            focusComposer()
            if (changed) {
              attempt('Editing the prompt', () => session.updatePending(messageId, [...changed]))
            }
          }}
        />
      ) : (
        <div className="flex max-w-full flex-wrap items-center justify-end gap-2">
          {error ? (
            <p role="alert" className="text-xs wrap-anywhere text-danger">
              Not sent: {error.message}
            </p>
          ) : (
            <p className="appear-late text-xs text-muted-foreground">
              {stateText(state)}
              {state === 'queued' && !kept && ' Keep this page open.'}
            </p>
          )}
          {state === 'failed' && <Button onClick={() => onRetry(messageId)}>Try again</Button>}
          {canChange && (
            <span className={error ? 'flex gap-2' : 'appear-late flex gap-2'}>
              <Button onClick={() => setEditing(true)}>Edit</Button>
              <Button onClick={() => onDismiss(messageId)}>Discard</Button>
            </span>
          )}
        </div>
      )}
    </div>
  )
}

function stateText(state: PendingPrompt['state']): string {
  return state === 'queued' ? 'Waits until it can be sent.' : 'Sending…'
}
