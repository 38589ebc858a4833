import type { Message } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'

import { estimateHeight } from './estimate-height.ts'
import { historyTopHeight } from './history-top.tsx'
import { RowHeights, type RowRange, rowsWithin, sum } from './row-heights.ts'
import { RowObserver } from './row-observer.ts'
import { anchorOf, movedBy, positionIn, rowOf, type ScrollAnchor } from './scroll-anchor.ts'
import { useReaderScroll } from './use-reader-scroll.ts'

/** Rows this far outside the visible stretch are drawn ahead, in px. */
const overscan = 1_000
/** Where a message that is jumped to comes to rest, in px below the top. */
const jumpMargin = 72
/** Assumed until the first layout. */
const usualViewport = 1_000

interface MessageWindowOptions {
  messages: readonly Message[]
  pending: readonly PendingPrompt[]
  /** A message to begin at; without one, at the end. */
  startAt: string | undefined
  /** Called when the reader comes near the first message, and near the last one if it begins at one. */
  onNearTop: (() => void) | undefined
  onNearEnd: (() => void) | undefined
}

/** Where the reader is, as far as it decides which rows are drawn. */
interface Place {
  key: string
  index: number
  /** How far the top of the page is below that of the row. */
  within: number
}

/**
 * Decides which rows are in the page, and keeps the reader's place: at the end if they are there, else
 * at what they look at, whatever is added above or turns out to have another height than estimated.
 *
 * Rows are keyed by message id, and a pending prompt has the id of the message that it becomes. So a
 * row keeps its place when older pages arrive, and when the server acknowledges a prompt.
 */
export function useMessageWindow(
  scroller: RefObject<HTMLDivElement | null>,
  { messages, pending, startAt, onNearTop, onNearEnd }: MessageWindowOptions,
) {
  const container = useRef<HTMLDivElement>(null)
  const anchor = useRef<ScrollAnchor>(undefined)
  const jump = useRef(startAt)
  const [{ heights, observer }] = useState(measuring)
  const [place, setPlace] = useState<Place | undefined>(
    startAt === undefined ? undefined : { key: startAt, index: 0, within: -jumpMargin },
  )
  const [viewport, setViewport] = useState(usualViewport)
  // Of the rows' heights: a change may ask for other rows.
  const [, setMeasured] = useState(0)
  const reader = useReaderScroll({ follows: startAt === undefined, onNearTop, onNearEnd })
  const { following, setFollowing } = reader

  const keys = useMemo(
    () => [...messages.map(({ id }) => id), ...pending.map(({ messageId }) => messageId)],
    [messages, pending],
  )
  const sizes = heights.of(keys, (index) => estimateHeight(messages[index]))
  // The reader leaves the end before their first scrolled pixel, and so before they have a place.
  const top = following || !place ? sum(sizes) - viewport : topOf(place, keys, sizes)
  const range = rowsWithin(sizes, top - overscan, top + viewport + overscan)

  /** Puts the reader back to their place after the content has changed. */
  const settle = useCallback(() => {
    const [element, rows] = [scroller.current, container.current]
    if (!element || !rows) return
    const wanted = jump.current === undefined ? undefined : rowOf(rows, jump.current)
    if (wanted) {
      element.scrollTop = positionIn(element, wanted) - jumpMargin
      anchor.current = anchorOf(element, rows)
      // What it was estimated to have above it was wrong: once more, when that is measured.
      requestAnimationFrame(() => (jump.current = undefined))
    } else if (reader.isFollowing()) {
      element.scrollTop = element.scrollHeight
    } else if (anchor.current) {
      const moved = movedBy(element, rows, anchor.current) ?? 0
      const before = element.scrollTop
      if (Math.abs(moved) >= 1) {
        element.scrollTop += moved
        // A scroll position is rounded; what is left of the way counts at the next time.
        const left = moved - (element.scrollTop - before)
        const shift = moved - (Math.abs(left) < 1 ? left : 0)
        anchor.current.position += shift
        anchor.current.rowPosition += shift
      }
    }
    reader.settledAt(element)
  }, [reader, scroller])

  useLayoutEffect(settle)

  useLayoutEffect(() => {
    observer.listen(() => {
      settle()
      setMeasured((count) => count + 1)
    })
  }, [observer, settle])

  // The composer grows with its text, and the window shrinks with a phone's keyboard.
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const resized = new ResizeObserver(() => {
      setViewport(element.clientHeight)
      settle()
    })
    resized.observe(element)
    return () => resized.disconnect()
  }, [scroller, settle])

  const jumpToEnd = useCallback(() => {
    jump.current = undefined
    setFollowing(true)
  }, [setFollowing])

  // A person who has just sent a prompt wants to see it.
  const newestPending = pending.at(-1)?.messageId
  useLayoutEffect(() => {
    if (newestPending !== undefined) jumpToEnd()
  }, [newestPending, jumpToEnd])

  const onScroll = (event: { currentTarget: HTMLElement }) => {
    const { currentTarget: element } = event
    reader.onScroll(event)
    const rows = container.current
    if (!rows) return
    anchor.current = anchorOf(element, rows) ?? virtualAnchor(element, keys, sizes)
    if (reader.isFollowing()) return setPlace(undefined)
    const next = placeOf(anchor.current, element, keys)
    const nextTop = next ? topOf(next, keys, sizes) : 0
    const drawn = rowsWithin(sizes, nextTop - overscan / 2, nextTop + viewport + overscan / 2)
    if (!covers(range, drawn)) setPlace(next)
  }

  return {
    range,
    containerRef: container,
    measureRow: observer.observe,
    following,
    scrollProps: { onScroll, onWheel: reader.onWheel, onKeyDown: reader.onKeyDown },
    jumpToEnd,
  }
}

function measuring() {
  const heights = new RowHeights()
  return { heights, observer: new RowObserver(heights) }
}

function topOf(place: Place, keys: readonly string[], sizes: readonly number[]): number {
  const found = keys.indexOf(place.key)
  // A message that is gone: what took its place in the order.
  const index = found < 0 ? Math.min(place.index, keys.length - 1) : found
  return sum(sizes.slice(0, index)) + place.within
}

function placeOf(
  anchor: ScrollAnchor | undefined,
  { scrollTop }: HTMLElement,
  keys: readonly string[],
): Place | undefined {
  if (!anchor) return undefined
  const { key, rowPosition } = anchor
  return { key, index: keys.indexOf(key), within: scrollTop - rowPosition }
}

/** Where no row is drawn, after a leap of the scroll bar: the row that would be there. */
function virtualAnchor(
  { scrollTop }: HTMLElement,
  keys: readonly string[],
  sizes: readonly number[],
): ScrollAnchor | undefined {
  const { start, before } = rowsWithin(sizes, scrollTop - historyTopHeight, scrollTop)
  const key = keys[start]
  if (key === undefined) return undefined
  const position = historyTopHeight + before
  return { key, element: undefined, position, rowPosition: position }
}

function covers(drawn: RowRange, wanted: RowRange): boolean {
  return drawn.start <= wanted.start && drawn.end >= wanted.end
}
