import type { Message } from '@caughtup/schema'
import { useRef } from 'react'

import { EpochDivider } from './message/epoch-divider.tsx'
import { HistoryTop } from './scroll/history-top.tsx'
import { JumpToLatest } from './scroll/jump-to-latest.tsx'
import { MessageView } from './message-view.tsx'
import { PendingMessage } from './message/pending-message.tsx'
import type { TranscriptProps } from './transcript-props.ts'
import { useMarkRead } from './scroll/use-mark-read.ts'
import { useMessageWindow } from './scroll/use-message-window.ts'

/** Below the last message, in px. */
const endPadding = 24

interface MessageListProps extends Omit<TranscriptProps, 'messageId'> {
  /** Set if the messages are those around one, which may be far from the newest. */
  around?: {
    messageId: string
    /** Called when the reader comes near the last message; undefined at the present. */
    onNearEnd: (() => void) | undefined
    /** Called to go to the newest messages. */
    onLeave: () => void
  }
}

/** The messages. Only those near the visible stretch are in the page. */
export function MessageList({ around, ...props }: MessageListProps) {
  const { messages, pending, hasOlder, loadingOlder, olderError, onLoadOlder } = props
  const scroller = useRef<HTMLDivElement>(null)
  const { range, containerRef, measureRow, following, scrollProps, jumpToEnd } = useMessageWindow(
    scroller,
    {
      messages,
      pending,
      startAt: around?.messageId,
      onNearEnd: around?.onNearEnd,
      onNearTop: hasOlder && !loadingOlder && !olderError ? onLoadOlder : undefined,
    },
  )
  useMarkRead({ unread: props.unread, atEnd: following, messages, onRead: props.onRead })

  const total = hasOlder ? -1 : messages.length
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={scroller}
        data-testid="transcript"
        aria-label="Transcript"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled with the keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none]"
        {...scrollProps}
      >
        <HistoryTop
          hasOlder={hasOlder}
          loading={loadingOlder}
          error={olderError}
          cleared={messages.length === 0 && props.epoch > 0}
          onLoadOlder={onLoadOlder}
        />
        <div aria-hidden style={{ height: range.before }} />
        <div ref={containerRef} role="feed" aria-label="Messages" aria-busy={loadingOlder}>
          {Array.from({ length: range.end - range.start }, (_, offset) => {
            const index = range.start + offset
            const message = messages[index]
            const prompt = pending[index - messages.length]
            const key = message?.id ?? prompt?.messageId
            return (
              // A row's height includes the margins inside it.
              <div
                key={key}
                ref={measureRow}
                data-key={key}
                className={`flow-root ${key === around?.messageId ? 'found' : ''}`}
              >
                <div className="mx-auto max-w-3xl px-4 pb-4 sm:px-6">
                  {message && (
                    <MessageView
                      message={message}
                      clearedBefore={isClearedBefore(messages, index)}
                      position={index + 1}
                      total={total}
                    />
                  )}
                  {message && index === messages.length - 1 && message.epoch < props.epoch && (
                    <div className="pt-4">
                      <EpochDivider>Context cleared</EpochDivider>
                    </div>
                  )}
                  {prompt && (
                    <PendingMessage
                      prompt={prompt}
                      onRetry={props.onRetry}
                      onDismiss={props.onDismiss}
                    />
                  )}
                </div>
              </div>
            )
          })}
        </div>
        <div aria-hidden style={{ height: range.after + endPadding }} />
      </section>
      <div
        aria-hidden
        className="pointer-events-none absolute inset-x-0 bottom-0 h-5 bg-linear-to-t from-background"
      />
      {!following && (
        <JumpToLatest streaming={props.streaming} onJump={around?.onLeave ?? jumpToEnd} />
      )}
    </div>
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
