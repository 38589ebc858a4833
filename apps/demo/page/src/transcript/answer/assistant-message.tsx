import type { Message, Part } from '@caughtup/schema'

import { AnswerEnd } from './answer-end.tsx'
import { AskNext } from './ask-next.tsx'
import { MessageContent } from '../message/message-content.tsx'
import { MessageFooter } from './message-footer.tsx'
import { PartView } from '../parts/part-view.tsx'
import { isSource, SourceList } from '../parts/source-list.tsx'
import { WorkingMark } from './working-mark.tsx'

export function AssistantMessage({ message }: { message: Message }) {
  const { parts, status } = message
  const open = status === 'open'
  const sources = parts.filter(isSource)
  return (
    <>
      <MessageContent message={message} className="flex flex-col gap-3">
        {parts.map((part, index) => (
          // Parts are only added at the end, so the index identifies them.
          <PartView key={index} part={part} streaming={open && index === parts.length - 1} />
        ))}
        {open && !isGrowing(parts.at(-1)) && <WorkingMark />}
      </MessageContent>
      {sources.length > 0 && <SourceList sources={sources} />}
      <AnswerEnd message={message} />
      <MessageFooter message={message} />
      <AskNext parts={parts} />
    </>
  )
}

/** Whether a part shows by itself that the answer continues. */
function isGrowing(part: Part | undefined): boolean {
  if (part?.type === 'text' || part?.type === 'reasoning') {
    return part.state !== 'done' && part.text !== ''
  }
  if (part?.type !== 'dynamic-tool') return false
  return part.state === 'input-streaming' || part.state === 'input-available'
}
