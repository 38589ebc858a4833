import type { Message } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect } from 'react'

import { estimateHeight } from './estimate-height.ts'
import { historyTopHeight } from './history-top.tsx'
import { useFollowEnd } from './use-follow-end.ts'

/** Within this many px of the end, the reader counts as being at the end. */
const endThreshold = 32

/**
 * Decides which rows are in the page, and keeps the reader's place: at the end while they are
 * there, else at the message they read.
 *
 * Rows are keyed by message id, and a pending prompt has the id of the message that it becomes: so
 * a row stays where and what it is when older pages come before it, and when the server answers.
 */
export function useMessageWindow(
  scroller: RefObject<HTMLDivElement | null>,
  messages: readonly Message[],
  pending: readonly PendingPrompt[],
) {
  const { following, setFollowing, followProps } = useFollowEnd(endThreshold)
  const getItemKey = useCallback(
    (index: number) =>
      messages[index]?.id ?? pending[index - messages.length]?.messageId ?? `none-${index}`,
    [messages, pending],
  )
  // oxlint-disable-next-line react/incompatible-library -- React's compiler is not used here
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: messages.length + pending.length,
    getItemKey,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimateHeight(messages[index]),
    overscan: 4,
    paddingStart: historyTopHeight,
    paddingEnd: 24,
    anchorTo: 'end',
    followOnAppend: true,
    // Below zero nobody is at the end: a reader who scrolled up by a hair is left in peace.
    scrollEndThreshold: following ? endThreshold : -1,
    // Scrolling moves rows without React, which has only to draw those that come into the window.
    directDomUpdates: true,
  })

  const jumpToEnd = useCallback(() => {
    setFollowing(true)
    virtualizer.scrollToEnd()
  }, [setFollowing, virtualizer])

  useLayoutEffect(() => virtualizer.scrollToEnd(), [virtualizer])

  // What one has just sent is what one wants to see.
  const newestPending = pending.at(-1)?.messageId
  useLayoutEffect(() => {
    if (newestPending !== undefined) jumpToEnd()
  }, [newestPending, jumpToEnd])

  // The composer grows with its text, and the window shrinks with a phone's keyboard.
  useEffect(() => {
    if (!following || !scroller.current) return
    const observer = new ResizeObserver(() => virtualizer.scrollToEnd())
    observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [following, scroller, virtualizer])

  return {
    rows: virtualizer.getVirtualItems(),
    containerRef: virtualizer.containerRef,
    measureRow: virtualizer.measureElement,
    following,
    followProps,
    jumpToEnd,
  }
}
