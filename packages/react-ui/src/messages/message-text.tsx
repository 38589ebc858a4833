import type { Message } from '@caughtup/schema'
import { createTextWriter, messageText } from '@caughtup/web-client'
import { useRevealedText } from '@caughtup/web-client/react'
import { createElement, type HTMLAttributes, useRef, useState } from 'react'

import { useBrowserLayoutEffect } from '../ui/use-browser-layout-effect.ts'

export interface MessageTextProps extends Omit<HTMLAttributes<HTMLElement>, 'children' | 'part'> {
  message: Message
  /** The index of a text or reasoning part. @default all text parts, a blank line between them */
  part?: number | undefined
  /** The element's name. @default 'span' */
  as?: 'span' | 'p' | 'div' | 'pre'
}

/**
 * The text of a message as it is, without Markdown. What comes in bursts appears evenly within 250 ms, or at
 * once for readers who prefer reduced motion, and what a reader has selected stays selected. `aria-busy`
 * while it grows. To see line breaks it needs `white-space: pre-wrap`.
 */
export function MessageText({ message, part, as = 'span', ...attributes }: MessageTextProps) {
  const open = message.status === 'open'
  const text = useRevealedText(messageText(message, part), { done: !open })
  // Of the first drawing: React writes no other one, as that would clear a selection.
  const [first] = useState(text)
  const element = useRef<HTMLElement>(null)
  const write = useRef<(text: string) => void>(undefined)
  useBrowserLayoutEffect(() => {
    write.current = element.current ? createTextWriter(element.current) : undefined
  }, [as])
  useBrowserLayoutEffect(() => write.current?.(text), [as, text])
  return createElement(
    as,
    { 'aria-busy': open || undefined, ...attributes, ref: element, suppressHydrationWarning: true },
    first,
  )
}
