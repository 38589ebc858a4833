import type { Message } from '@caughtup/schema'
import type { PendingPrompt as Prompt, SessionView } from '@caughtup/web-client'
import { memo, useRef } from 'react'

import { PendingPrompt } from '../../prompts/pending-prompt.tsx'
import { useTexts } from '../../ui/ui-provider.tsx'
import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'
import type { RowLooks } from './message-list-context.ts'

interface MessageRowProps extends RowLooks {
  session: SessionView
  /** The id of its message, or of the message that its prompt becomes. */
  id: string
  message: Message | undefined
  prompt: Prompt | undefined
  /** Whether the context was cleared right before or after it. */
  clearedBefore: boolean
  clearedAfter: boolean
  /** Its place among the loaded messages, from 1, and the number of all messages (-1: unknown). */
  position: number
  total: number
  /** Whether the list was opened at it. */
  isFound: boolean
  className: string | undefined
  watch: (row: HTMLElement) => () => void
}

/** Memoised by the message's identity: while an answer streams, only its row is drawn again. */
export const MessageRow = memo(function MessageRow({
  session,
  id,
  message,
  prompt,
  clearedBefore,
  clearedAfter,
  position,
  total,
  isFound,
  className,
  watch,
  ...looks
}: MessageRowProps) {
  const { speaker, summary } = useTexts().messages
  const row = useRef<HTMLDivElement>(null)
  useBrowserLayoutEffect(() => (row.current ? watch(row.current) : undefined), [watch])
  return (
    <div
      ref={row}
      data-key={id}
      data-found={isFound || undefined}
      className={className}
      // Its height has to include the margins inside of it.
      style={{ display: 'flow-root' }}
    >
      {clearedBefore && <ClearedMark {...looks} />}
      {message && (
        <article
          aria-label={message.metadata.boundary ? summary : speaker(message.role)}
          aria-posinset={position}
          aria-setsize={total}
          aria-busy={message.status === 'open'}
          data-role={message.role}
        >
          {looks.renderMessage(message)}
        </article>
      )}
      {prompt && (
        <article
          aria-label={speaker('user')}
          aria-busy={prompt.state !== 'failed'}
          data-role="user"
          data-pending={prompt.state}
        >
          {looks.renderPending ? (
            looks.renderPending(prompt)
          ) : (
            <PendingPrompt session={session} prompt={prompt} />
          )}
        </article>
      )}
      {clearedAfter && <ClearedMark {...looks} />}
    </div>
  )
})

/** Where the context was cleared: the messages above are no longer in it. */
export function ClearedMark({ renderCleared }: Pick<RowLooks, 'renderCleared'>) {
  const { contextCleared } = useTexts().messages
  return renderCleared ? renderCleared() : <p>{contextCleared}</p>
}
