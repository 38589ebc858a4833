import type { Message } from '@caughtup/schema'
import { type HTMLAttributes, useMemo } from 'react'

import { HistoryTop } from './parts/history-top.tsx'
import { JumpToLatest } from './parts/jump-to-latest.tsx'
import {
  MessageListContext,
  type MessageListState,
  type RowLooks,
} from './parts/message-list-context.ts'
import { MessageRows } from './parts/message-rows.tsx'
import { MessageViewport } from './parts/message-viewport.tsx'
import { NoMessages } from './parts/no-messages.tsx'
import { estimateHeight as usualHeight } from './scroll/estimate-height.ts'
import { useMessageWindow } from './scroll/use-message-window.ts'
import { useMarkRead } from './use-mark-read.ts'

/** What lists have in common. */
export interface MessageListOptions extends HTMLAttributes<HTMLDivElement>, RowLooks {
  /**
   * The likely height in px of a message that was never drawn, with the space around it. What is closer to
   * the truth lets the scroll bar jump less.
   *
   * @default by the number of its characters, at 85 in a line of 25 px
   */
  estimateHeight?: ((message: Message) => number) | undefined
}

interface ListFrameProps extends MessageListOptions {
  source: Omit<MessageListState, 'following' | 'jumpToLatest'>
  unread?: number | undefined
  lastPending?: string | undefined
  /** Set if the messages are those around one, which may be far from the newest. */
  around?: {
    messageId: string
    /** Called when the reader comes near the last message; undefined at the present. */
    onNearEnd: (() => void) | undefined
    /** Called to go to the newest messages. */
    onLeave: () => void
  }
}

/** A list of messages, wherever they come from. */
export function ListFrame({
  source,
  unread = 0,
  lastPending,
  around,
  renderMessage,
  renderPending,
  renderCleared,
  estimateHeight = usualHeight,
  style,
  children,
  ...attributes
}: ListFrameProps) {
  const { session, messages, pending, hasOlder, loadingOlder, olderError, loadOlder } = source
  const window = useMessageWindow({
    messages,
    pending,
    lastPending,
    estimateHeight,
    startAt: around?.messageId,
    onNearEnd: around?.onNearEnd,
    onNearTop: hasOlder && !loadingOlder && !olderError ? loadOlder : undefined,
  })
  const { following, jumpToEnd } = window
  useMarkRead(session, { unread, atEnd: following, messages })

  const looks = useMemo(
    () => ({ renderMessage, renderPending, renderCleared }),
    [renderMessage, renderPending, renderCleared],
  )
  const state = { ...source, following, jumpToLatest: around?.onLeave ?? jumpToEnd }
  return (
    <MessageListContext.Provider value={{ state, looks, window, found: around?.messageId }}>
      <div
        data-status={source.status}
        data-following={following || undefined}
        data-streaming={source.streaming || undefined}
        // What scrolls takes the height that this element has.
        style={{ display: 'flex', flexDirection: 'column', ...style }}
        {...attributes}
      >
        {children ?? (
          <>
            <MessageViewport>
              <HistoryTop />
              <MessageRows />
              <NoMessages />
            </MessageViewport>
            <JumpToLatest />
          </>
        )}
      </div>
    </MessageListContext.Provider>
  )
}
