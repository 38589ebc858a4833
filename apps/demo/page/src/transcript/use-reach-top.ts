import { type UIEvent, useRef, type WheelEvent } from 'react'

/** Within this many px of the top, the reader is about to reach it. */
const topThreshold = 400

/**
 * Calls `onTop` when the reader scrolls up to the top. Only on their own movement: a transcript
 * that is merely short must not load its whole history by itself.
 *
 * @param onTop undefined while there is nothing to load
 */
export function useReachTop(onTop: (() => void) | undefined) {
  const lastTop = useRef(0)
  return {
    onScroll: ({ currentTarget }: UIEvent<HTMLElement>) => {
      const top = currentTarget.scrollTop
      if (top < lastTop.current && top < topThreshold) onTop?.()
      lastTop.current = top
    },
    onWheel: (event: WheelEvent<HTMLElement>) => {
      if (event.deltaY < 0 && event.currentTarget.scrollTop <= 0) onTop?.()
    },
  }
}
