import type { Message } from '@caughtup/schema'
import { Pencil } from 'lucide-react'
import { useState } from 'react'

import { pagePrincipal } from '../../client/demo-client.ts'
import { useShownSession } from '../../client/session-context.tsx'
import { fullTime } from '../../format/time.ts'
import { rescueFocus } from '../../ui/focus-composer.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { FileView } from '../parts/file-view.tsx'
import { DeleteButton } from './delete-button.tsx'
import { EditPrompt } from './edit-prompt.tsx'
import { ForkButton } from './fork-button.tsx'
import { MessageContent } from './message-content.tsx'
import { VersionSwitch } from './version-switch.tsx'

export function UserMessage({ message }: { message: Message }) {
  const { epoch, busy } = useShownSession()
  const [editing, setEditing] = useState(false)
  const { author, createdAt } = message.metadata
  const isOthers = author !== undefined && author !== (pagePrincipal() ?? 'local')

  if (editing) {
    return (
      <EditPrompt
        message={message}
        busy={busy}
        onDone={() => {
          setEditing(false)
          rescueFocus()
        }}
      />
    )
  }
  return (
    <div className="flex flex-col items-end">
      {isOthers && <p className="mb-1 text-xs text-muted-foreground">{author}</p>}
      <MessageContent message={message} className={userBubble}>
        {message.parts.map((part, index) => {
          if (part.type === 'text') return <span key={index}>{part.text}</span>
          if (part.type === 'file') return <FileView key={index} part={part} />
          return null
        })}
      </MessageContent>
      <div className="-mr-1.5 flex h-7 items-center gap-1 text-xs text-muted-foreground">
        <div className="flex items-center gap-1 opacity-0 transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
          <span className="max-sm:hidden">{fullTime(createdAt)}</span>
          {message.epoch === epoch && (
            <IconButton
              icon={Pencil}
              label="Edit the prompt"
              size="small"
              onClick={() => setEditing(true)}
            />
          )}
          <ForkButton message={message} />
          <DeleteButton message={message} />
        </div>
        <VersionSwitch message={message} />
      </div>
    </div>
  )
}

export const userBubble =
  'flex max-w-[85%] flex-col gap-2 rounded-2xl rounded-br-md bg-muted px-4 py-2 whitespace-pre-wrap wrap-anywhere'
