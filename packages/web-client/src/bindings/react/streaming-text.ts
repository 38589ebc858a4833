import { createElement, type HTMLAttributes, type ReactElement, useMemo } from 'react'

import { messageView } from '../../session/message-view.ts'
import type { SessionView } from '../../session/session-view.ts'
import { messageText } from '../../text/message-text.ts'
import { createTextWriter } from '../../text/create-text-writer.ts'

/** What an element needs to show a streaming text: `<p {...useStreamingText(session, id)} />`. */
export interface StreamingTextProps {
  ref: (element: Element | null) => void
  /** The text of the moment, for the first drawing and for servers. React never draws another one. */
  children: string
  suppressHydrationWarning: true
}

/**
 * Shows the text of a message past React: what is added goes into the element's text node, and no component
 * is drawn again. The reader's selection in it stays. While the element is mounted the session's stream is
 * open. It must have no other content, and `white-space: pre-wrap` if line breaks are to be seen.
 *
 * @param part the index of a text or reasoning part; by default all text parts, a blank line between them
 */
export function useStreamingText(
  session: SessionView,
  messageId: string,
  part?: number,
): StreamingTextProps {
  return useMemo(() => streamingText(session, messageId, part), [session, messageId, part])
}

export interface StreamingTextOptions extends Omit<
  HTMLAttributes<HTMLElement>,
  'children' | 'part'
> {
  session: SessionView
  messageId: string
  /** As of `useStreamingText`. */
  part?: number
  /** The element's name. @default 'span' */
  as?: 'span' | 'p' | 'div' | 'pre'
}

/** An element that shows a message's text as `useStreamingText` does. */
export function StreamingText({
  session,
  messageId,
  part,
  as = 'span',
  ...attributes
}: StreamingTextOptions): ReactElement {
  return createElement(as, { ...attributes, ...useStreamingText(session, messageId, part) })
}

function streamingText(session: SessionView, messageId: string, part?: number): StreamingTextProps {
  const { getSnapshot, subscribe } = messageView(session, messageId)
  const text = () => messageText(getSnapshot(), { part })
  let leave = () => {}
  return {
    ref(element) {
      leave()
      leave = () => {}
      if (!element) return
      const write = createTextWriter(element)
      leave = subscribe(() => write(text()))
      write(text())
    },
    children: text(),
    suppressHydrationWarning: true,
  }
}
