import {
  PendingPrompt,
  PromptEdit,
  PromptEditor,
  PromptRemove,
  PromptRetry,
  PromptStatus,
  useWaitingPrompt,
} from '@caughtup/react-ui'
import type { PendingPrompt as Pending } from '@caughtup/web-client'

import { useShownSession } from '../../client/session-context.tsx'
import { waitingField } from '../../composer/prompt-queue.tsx'
import { buttonLook } from '../../ui/button.tsx'
import { FileView } from '../parts/file-view.tsx'
import { MessageContent } from './message-content.tsx'
import { userBubble } from './user-message.tsx'

/** A prompt that the server does not have yet, or that it refused. Until it is sent, it can be changed. */
export function PendingMessage({ prompt }: { prompt: Pending }) {
  const { session } = useShownSession()
  const { error } = prompt
  const late = error ? '' : 'appear-late'
  return (
    <PendingPrompt session={session} prompt={prompt} className="flex flex-col items-end gap-1">
      <Bubble />
      <PromptEditor className={waitingField} />
      <div className="flex max-w-full flex-wrap items-center justify-end gap-2 empty:hidden">
        <PromptStatus
          className={`text-xs ${error ? 'wrap-anywhere text-danger' : `${late} text-muted-foreground`}`}
        />
        <PromptRetry className={buttonLook()} />
        <PromptEdit className={`${buttonLook()} ${late}`}>Edit</PromptEdit>
        <PromptRemove aria-label="Discard" className={`${buttonLook()} ${late}`}>
          Discard
        </PromptRemove>
      </div>
    </PendingPrompt>
  )
}

function Bubble() {
  const { id, parts, error, textId } = useWaitingPrompt()
  return (
    <MessageContent
      message={{ id, role: 'user', status: 'open' }}
      className={`${userBubble} ${error ? 'bg-danger-soft' : 'opacity-70'}`}
    >
      <div id={textId} className="contents">
        {parts.map((part, index) =>
          part.type === 'text' ? (
            <span key={index}>{part.text}</span>
          ) : (
            <FileView key={index} part={part} />
          ),
        )}
      </div>
    </MessageContent>
  )
}
