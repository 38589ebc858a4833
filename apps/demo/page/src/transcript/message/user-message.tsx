import type { Message } from '@caughtup/schema'

import { fullTime } from '../../format/time.ts'
import { FileView } from '../parts/file-view.tsx'
import { MessageContent } from './message-content.tsx'

export function UserMessage({ message }: { message: Message }) {
  return (
    <div className="flex justify-end" title={fullTime(message.metadata.createdAt)}>
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
