import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type WheelEvent,
} from 'react'

const upwardKeys = new Set(['ArrowUp', 'PageUp', 'Home'])

/** Within this many px of the end, about one line, the reader counts as being at the end. */
const endThreshold = 32

/** Within this many px of an end, about a screen, the next page is loaded ahead. */
const pageThreshold = 1_000

/** A smooth scroll that the reader began before they leapt to the end goes on for less than this, in ms. */
const leapTime = 1_000

interface ReaderScrollOptions {
  /** Whether it begins at the end, and stays there as it grows. */
  follows: boolean
  /** Each undefined while there is nothing to load. */
  onNearTop: (() => void) | undefined
  onNearEnd: (() => void) | undefined
}

/**
 * Tells the reader's own scrolling from that of the page, and whether the list stays at its end
 * as it grows: until the reader scrolls up, and again once they scroll back down.
 *
 * Only the reader's own scrolling loads older messages: a short chat must not load its whole
 * history by itself.
 */
export function useReaderScroll(options: ReaderScrollOptions) {
  const [following, setShown] = useState(options.follows)
  // Also asked between two renderings.
  const follows = useRef(options.follows)
  const lastTop = useRef(0)
  const leapt = useRef(Number.NEGATIVE_INFINITY)
  const latest = useRef(options)
  useEffect(() => void (latest.current = options))

  const setFollowing = useCallback((next: boolean) => {
    follows.current = next
    setShown(next)
  }, [])

  return useMemo(() => {
    const leapToEnd = () => {
      leapt.current = performance.now()
      setFollowing(true)
    }
    const goesUp = (scroller: HTMLElement) => {
      leapt.current = Number.NEGATIVE_INFINITY
      if (scroller.scrollTop > 0) setFollowing(false)
      if (scroller.scrollTop < pageThreshold) latest.current.onNearTop?.()
    }
    return {
      following,
      leapToEnd,
      isFollowing: () => follows.current,
      /** The page has scrolled to where the scroller is: that is not the reader's doing. */
      settledAt: (scroller: HTMLElement) => void (lastTop.current = scroller.scrollTop),
      onScroll: ({ currentTarget: scroller }: { currentTarget: HTMLElement }) => {
        const { scrollTop: top, scrollHeight, clientHeight } = scroller
        const [upward, downward] = [top < lastTop.current, top > lastTop.current]
        const left = scrollHeight - clientHeight - top
        const atEnd = left <= endThreshold
        lastTop.current = top
        if (upward && !atEnd && performance.now() - leapt.current < leapTime) {
          scroller.scrollTop = scrollHeight
          lastTop.current = scroller.scrollTop
        } else if (upward && !atEnd) {
          // A leap of the scroll bar may lead to the very top.
          setFollowing(false)
          goesUp(scroller)
        }
        if (downward && atEnd && latest.current.follows) setFollowing(true)
        if (downward && left < pageThreshold) latest.current.onNearEnd?.()
      },
      // What is dragged from now on, a scroll bar for instance, the reader drags.
      onPointerDown: () => void (leapt.current = Number.NEGATIVE_INFINITY),
      // Wheel and keys come before the first scrolled pixel: without them, an answer that grows at that
      // moment would pull the reader back down.
      onWheel: ({ deltaY, currentTarget }: WheelEvent<HTMLElement>) => {
        if (deltaY < 0) goesUp(currentTarget)
      },
      onKeyDown: ({ key, target, currentTarget }: KeyboardEvent<HTMLElement>) => {
        // Inside, in a field for instance, the same keys do something else.
        if (target !== currentTarget) return
        if (upwardKeys.has(key)) goesUp(currentTarget)
        // What is measured on the way moves the end on, so that the browser would stop short of it.
        if (key === 'End' && latest.current.follows) leapToEnd()
      },
    }
  }, [following, setFollowing])
}
