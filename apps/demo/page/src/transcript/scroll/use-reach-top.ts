import { type UIEvent, useRef, type WheelEvent } from 'react'

/** Within this many px of the top, about half a screen, the next page is loaded ahead. */
const topThreshold = 400

/**
 * Calls `onTop` when the reader scrolls up to the top. Only for the reader's own scrolling: a short
 * transcript must not load its whole history by itself.
 *
 * @param onTop undefined while there is nothing to load
 */
export function useReachTop(onTop: (() => void) | undefined) {
  const last = useRef({ top: 0, height: 0 })
  return {
    onScroll: ({ currentTarget }: UIEvent<HTMLElement>) => {
      const { scrollTop: top, scrollHeight: height } = currentTarget
      // A transcript that became shorter (at a boundary) also moves up, without the reader.
      const byReader = top < last.current.top && height >= last.current.height
      if (byReader && top < topThreshold) onTop?.()
      last.current = { top, height }
    },
    onWheel: (event: WheelEvent<HTMLElement>) => {
      if (event.deltaY < 0 && event.currentTarget.scrollTop <= 0) onTop?.()
    },
  }
}
