import type { Message } from '@caughtup/schema'
import type { PendingPrompt, SessionView, ViewError } from '@caughtup/web-client'
import { createContext, type ReactNode, useContext } from 'react'

import type { MessageWindow } from '../scroll/use-message-window.ts'

/** What a message list shows at one moment: for parts of your own inside of it. */
export interface MessageListState {
  session: SessionView
  /** Oldest first. Only those near the visible stretch are drawn. */
  messages: readonly Message[]
  /** The prompts on their way that stand after the messages. */
  pending: readonly PendingPrompt[]
  /** The newest one of the session; messages of older ones are no longer in the model's context. */
  epoch: number
  streaming: boolean
  /** Whether there is something to show; if not, whether nobody has written yet, or the messages lack. */
  status: 'filled' | 'empty' | 'loading' | 'failed'
  /** Why they could not be loaded. */
  error?: ViewError | undefined
  hasOlder: boolean
  loadingOlder: boolean
  olderError?: ViewError | undefined
  loadOlder: () => void
  /** Whether the reader is at the newest message, and stays there as it grows. */
  following: boolean
  /** Brings the reader to the newest message. */
  jumpToLatest: () => void
}

/** How the rows of a list are drawn. */
export interface RowLooks {
  /**
   * Draws a message, in an `<article>` that has its name and states. A function that stays the same: with
   * another one all rows are drawn again, and else only those whose message has changed.
   */
  renderMessage: (message: Message) => ReactNode
  /**
   * Draws a prompt that is not in the session yet, in such an `<article>` too; the row stays when the
   * prompt becomes a message.
   *
   * @default a `<PendingPrompt>` with all its parts
   */
  renderPending?: ((prompt: PendingPrompt) => ReactNode) | undefined
  /** Draws what stands where the context was cleared. @default the words for it */
  renderCleared?: (() => ReactNode) | undefined
}

interface MessageListInside {
  state: MessageListState
  looks: RowLooks
  window: MessageWindow
  /** The message that the list was opened at. */
  found: string | undefined
}

export const MessageListContext = createContext<MessageListInside | undefined>(undefined)

/** What the parts of a list know; `useMessageList` is what others get of it. */
export function useMessageListInside(): MessageListInside {
  const inside = useContext(MessageListContext)
  if (!inside) throw new Error('A part of a message list is used outside of a <MessageList>.')
  return inside
}

/** The state of the message list around a component, which is drawn again whenever it changes. */
export function useMessageList(): MessageListState {
  return useMessageListInside().state
}
