import type { Message } from '@caughtup/schema'

import { fullTime } from '../../format/time.ts'
import { FileView } from '../parts/file-view.tsx'
import { DeleteButton } from './delete-button.tsx'
import { MessageContent } from './message-content.tsx'
import { VersionSwitch } from './version-switch.tsx'

export function UserMessage({ message }: { message: Message }) {
  return (
    <div
      className="flex items-center justify-end gap-1"
      title={fullTime(message.metadata.createdAt)}
    >
      <div className="opacity-0 transition-opacity group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
        <DeleteButton message={message} />
      </div>
      <VersionSwitch message={message} />
      <MessageContent message={message} className={userBubble}>
        {message.parts.map((part, index) => {
          if (part.type === 'text') return <span key={index}>{part.text}</span>
          if (part.type === 'file') return <FileView key={index} part={part} />
          return null
        })}
      </MessageContent>
    </div>
  )
}

export const userBubble =
  'flex max-w-[85%] flex-col gap-2 rounded-2xl rounded-br-md bg-muted px-4 py-2 whitespace-pre-wrap wrap-anywhere'
