import type { Message } from '@caughtup/schema'
import { createTextWriter, messageText } from '@caughtup/web-client'
import { useRevealedText } from '@caughtup/web-client/react'
import { type HTMLAttributes, useCallback, useRef, useState } from 'react'

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
export function MessageText({ message, part, as: As = 'span', ...attributes }: MessageTextProps) {
  const open = message.status === 'open'
  const text = useRevealedText(messageText(message, { part }), { done: !open })
  // Of the first drawing: React writes no other one, as that would clear a selection.
  const [first] = useState(text)
  const write = useRef<(text: string) => void>(undefined)
  const attach = useCallback((element: HTMLElement | null) => {
    write.current = element ? createTextWriter(element) : undefined
  }, [])
  useBrowserLayoutEffect(() => write.current?.(text), [As, text])
  return (
    <As aria-busy={open || undefined} {...attributes} ref={attach} suppressHydrationWarning>
      {first}
    </As>
  )
}
