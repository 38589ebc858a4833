import type { Message } from '@caughtup/schema'
import type { HTMLAttributes } from 'react'

import { useTexts } from '../../ui/ui-provider.tsx'
import { useMessageListInside } from './message-list-context.ts'
import { ClearedMark, MessageRow } from './message-row.tsx'

export interface MessageRowsProps extends Omit<HTMLAttributes<HTMLDivElement>, 'children'> {
  /** The class of each row, which is as wide as what scrolls; a padding separates it from the next. */
  rowClassName?: string | undefined
}

/** The messages and prompts near the visible stretch, and room for those that are not in the page. */
export function MessageRows({ rowClassName, ...attributes }: MessageRowsProps) {
  const texts = useTexts().messages
  const { state, looks, window, found } = useMessageListInside()
  const { session, messages, pending, epoch, hasOlder, loadingOlder } = state
  const { range, rows, watchRow } = window
  const indices = Array.from({ length: range.end - range.start }, (_, at) => range.start + at)
  const feed = { role: 'feed', 'aria-label': texts.messages, 'aria-busy': loadingOlder }
  return (
    <>
      {messages.length === 0 && hasOlder && epoch > 0 && (
        <div className={rowClassName}>
          <ClearedMark {...looks} />
        </div>
      )}
      <div aria-hidden style={{ height: range.before }} />
      <div
        ref={rows}
        // A feed has articles in it.
        {...(indices.length > 0 && feed)}
        {...attributes}
      >
        {indices.map((index) => {
          const message = messages[index]
          const prompt = pending[index - messages.length]
          const key = message?.id ?? prompt?.messageId ?? ''
          return (
            <MessageRow
              key={key}
              session={session}
              id={key}
              message={message}
              prompt={message ? undefined : prompt}
              clearedBefore={isClearedBefore(messages, index)}
              clearedAfter={index === messages.length - 1 && (message?.epoch ?? epoch) < epoch}
              position={index + 1}
              total={hasOlder ? -1 : messages.length}
              isFound={key === found}
              className={rowClassName}
              watch={watchRow}
              {...looks}
            />
          )
        })}
      </div>
      <div aria-hidden style={{ height: range.after }} />
    </>
  )
}

/**
 * Whether the context was cleared right before this message: it opens an epoch without a summary.
 * False for the first loaded message, which may be in the middle of its epoch.
 */
function isClearedBefore(messages: readonly Message[], index: number): boolean {
  const [message, former] = [messages[index], messages[index - 1]]
  if (!message || !former || message.epoch === former.epoch) return false
  return message.metadata.boundary === undefined
}
