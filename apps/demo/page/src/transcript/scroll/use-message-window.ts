import type { Message } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect } from 'react'

import { estimateHeight } from './estimate-height.ts'
import { historyTopHeight } from './history-top.tsx'
import { useFollowEnd } from './use-follow-end.ts'

/** Within this many px of the end, about one line, the reader counts as being at the end. */
const endThreshold = 32

/**
 * Decides which rows are in the page, and keeps the reader's place: at the end if they are there,
 * else at the message that they read.
 *
 * Rows are keyed by message id, and a pending prompt has the id of the message that it becomes. So a
 * row keeps its place when older pages arrive, and when the server acknowledges a prompt.
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
    // Below zero nobody is at the end: a reader who scrolled up slightly is not pulled down.
    scrollEndThreshold: following ? endThreshold : -1,
    // Scrolling moves rows without React, which only draws the rows that become visible.
    directDomUpdates: true,
  })

  const jumpToEnd = useCallback(() => {
    setFollowing(true)
    virtualizer.scrollToEnd()
  }, [setFollowing, virtualizer])

  useLayoutEffect(() => virtualizer.scrollToEnd(), [virtualizer])

  // A person who has just sent a prompt wants to see it.
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
