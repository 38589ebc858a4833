import type { Message } from '@caughtup/schema'
import { useEffect } from 'react'

import { usePageVisible } from '../../hooks/use-page-visible.ts'

interface MarkReadOptions {
  unread: number
  atEnd: boolean
  messages: readonly Message[]
  onRead: () => void
}

/** Marks a session as read while its end is on screen in a visible page. */
export function useMarkRead({ unread, atEnd, messages, onRead }: MarkReadOptions): void {
  const visible = usePageVisible()
  const last = messages.at(-1)
  const lastDone = last?.status === 'done' ? last.id : undefined
  useEffect(() => {
    if (unread > 0 && atEnd && visible && lastDone !== undefined) onRead()
  }, [unread, atEnd, visible, lastDone, onRead])
}
