import type { Message } from '@caughtup/schema'
import type { SessionView } from '@caughtup/web-client'
import { useEffect } from 'react'

import { usePageVisible } from '../ui/use-page-visible.ts'

interface MarkReadOptions {
  unread: number
  atEnd: boolean
  messages: readonly Message[]
}

/** Marks a session as read while its end is on screen in a visible page. */
export function useMarkRead(
  session: SessionView,
  { unread, atEnd, messages }: MarkReadOptions,
): void {
  const visible = usePageVisible()
  const last = messages.at(-1)
  const lastDone = last?.status === 'done' ? last.id : undefined
  useEffect(() => {
    if (unread === 0 || !atEnd || !visible || lastDone === undefined) return
    // A mark that failed is made up for by the next one.
    session.markRead().catch(() => {})
  }, [session, unread, atEnd, visible, lastDone])
}
