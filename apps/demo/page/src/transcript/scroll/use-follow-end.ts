import { type KeyboardEvent, type UIEvent, useRef, useState, type WheelEvent } from 'react'

const upwardKeys = new Set(['ArrowUp', 'PageUp', 'Home'])

/**
 * Whether the transcript stays at its end as it grows: until the reader scrolls up, and again once
 * they scroll back down.
 */
export function useFollowEnd(endThreshold: number) {
  const [following, setFollowing] = useState(true)
  const lastTop = useRef(0)

  const onScroll = ({ currentTarget: scroller }: UIEvent<HTMLElement>) => {
    const top = scroller.scrollTop
    const upward = top < lastTop.current
    const atEnd = distanceFromEnd(scroller) <= endThreshold
    lastTop.current = top
    if (upward && !atEnd) setFollowing(false)
    if (!upward && atEnd) setFollowing(true)
  }
  // Wheel and keys come before the first scrolled pixel: without them, an answer that grows at that
  // moment would pull the reader back down.
  const onWheel = (event: WheelEvent<HTMLElement>) => {
    if (event.deltaY < 0 && canScrollUp(event.currentTarget)) setFollowing(false)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (upwardKeys.has(event.key) && canScrollUp(event.currentTarget)) setFollowing(false)
  }

  return { following, setFollowing, followProps: { onScroll, onWheel, onKeyDown } }
}

function distanceFromEnd(scroller: HTMLElement): number {
  return scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop
}

function canScrollUp(scroller: HTMLElement): boolean {
  return scroller.scrollTop > 0
}
