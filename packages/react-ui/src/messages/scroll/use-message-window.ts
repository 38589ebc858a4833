import type { Message } from '@caughtup/schema'
import type { PendingPrompt } from '@caughtup/web-client'
import {
  type KeyboardEvent,
  type RefObject,
  type UIEvent,
  useCallback,
  useMemo,
  useRef,
  useState,
  type WheelEvent,
} from 'react'

import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'
import { passFocusOn } from '../../ui/pass-focus-on.ts'
import { RowHeights, type RowRange, rowsWithin, sum } from './row-heights.ts'
import { RowObserver } from './row-observer.ts'
import { anchorOf, movedBy, positionIn, rowOf, type ScrollAnchor } from './scroll-anchor.ts'
import { useNewPrompt } from './use-new-prompt.ts'
import { useReaderScroll } from './use-reader-scroll.ts'

/** Rows this far outside the visible stretch are drawn ahead, in px. */
const overscan = 1_000
/** Assumed until the first layout, in px. */
const usualViewport = 1_000
/** A prompt that is not sent is a row of about this height, in px. */
const promptHeight = 80

export interface MessageWindowOptions {
  messages: readonly Message[]
  pending: readonly PendingPrompt[]
  /** The id of the newest prompt of the caller: another one brings them to the end. */
  lastPending: string | undefined
  /** The likely height of a row in px. */
  estimateHeight: (message: Message) => number
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

export interface MessageWindow {
  /** The rows to draw. */
  range: RowRange
  /** Whether the reader is at the end, and stays there as it grows. */
  following: boolean
  jumpToEnd: () => void
  /** What scrolls, and the element of the rows in it. */
  scroller: RefObject<HTMLElement | null>
  rows: RefObject<HTMLDivElement | null>
  /** To be told of what the reader does with what scrolls. */
  reader: {
    onScroll: (event: UIEvent<HTMLElement>) => void
    onPointerDown: () => void
    onWheel: (event: WheelEvent<HTMLElement>) => void
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void
  }
  /** Keeps the reader's place while what scrolls or its content change their sizes; returns what ends it. */
  watchSizes: (...elements: readonly HTMLElement[]) => () => void
  /** Measures a row while it is in the page; to be ended before it leaves. */
  watchRow: (row: HTMLElement) => () => void
}

/**
 * Decides which rows are in the page, and keeps the reader's place: at the end if they are there, else
 * at what they look at, whatever is added above or turns out to have another height than estimated.
 *
 * Rows are keyed by message id, and a pending prompt has the id of the message that it becomes. So a
 * row keeps its place when older pages arrive, and when the server acknowledges a prompt.
 */
export function useMessageWindow({
  messages,
  pending,
  lastPending,
  estimateHeight,
  startAt,
  onNearTop,
  onNearEnd,
}: MessageWindowOptions): MessageWindow {
  const scroller = useRef<HTMLElement>(null)
  const container = useRef<HTMLDivElement>(null)
  const anchor = useRef<ScrollAnchor>(undefined)
  const jump = useRef(startAt)
  const [{ heights, observer }] = useState(measuring)
  const [place, setPlace] = useState<Place | undefined>(
    startAt === undefined ? undefined : { key: startAt, index: 0, within: 0 },
  )
  const [viewport, setViewport] = useState(usualViewport)
  // Of the rows' heights: a change may ask for other rows.
  const [, setMeasured] = useState(0)
  const reader = useReaderScroll({ follows: startAt === undefined, onNearTop, onNearEnd })
  const { following, leapToEnd, onPointerDown, onWheel, onKeyDown } = reader

  const keys = useMemo(
    () => [...messages.map(({ id }) => id), ...pending.map(({ messageId }) => messageId)],
    [messages, pending],
  )
  const sizes = heights.of(keys, (index) => {
    const message = messages[index]
    return message ? estimateHeight(message) : promptHeight
  })
  // The reader leaves the end before their first scrolled pixel, and so before they have a place.
  const top = following || !place ? sum(sizes) - viewport : topOf(place, keys, sizes)
  const range = rowsWithin(sizes, top - overscan, top + viewport + overscan)

  /** Puts the reader back to their place after the content has changed. */
  const settle = useCallback(() => {
    const [element, rows] = [scroller.current, container.current]
    if (!element || !rows) return
    const wanted = jump.current === undefined ? undefined : rowOf(rows, jump.current)
    if (wanted) {
      element.scrollTop = positionIn(element, wanted) - scrollPadding(element)
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

  useBrowserLayoutEffect(settle)

  useBrowserLayoutEffect(() => {
    observer.listen(() => {
      settle()
      setMeasured((count) => count + 1)
    })
  }, [observer, settle])

  const watchSizes = useCallback(
    (...elements: readonly HTMLElement[]) => {
      const resized = new ResizeObserver(() => {
        setViewport(scroller.current?.clientHeight ?? usualViewport)
        settle()
      })
      for (const element of elements) resized.observe(element)
      return () => resized.disconnect()
    },
    [settle],
  )

  const latestKeys = useRef(keys)
  useBrowserLayoutEffect(() => void (latestKeys.current = keys))
  const watchRow = useCallback(
    (row: HTMLElement) => {
      const leave = observer.observe(row)
      return () => {
        leave()
        const key = row.dataset['key'] ?? ''
        // Scrolled away, so the keyboard scrolls on. Who deletes a message knows where to go on.
        passFocusOn(row, () => (latestKeys.current.includes(key) ? scroller.current : null))
      }
    },
    [observer],
  )

  const jumpToEnd = useCallback(() => {
    jump.current = undefined
    leapToEnd()
  }, [leapToEnd])

  useNewPrompt(lastPending, jumpToEnd)

  const onScroll = (event: UIEvent<HTMLElement>) => {
    const { currentTarget: element } = event
    reader.onScroll(event)
    const rows = container.current
    if (!rows) return
    anchor.current = anchorOf(element, rows) ?? virtualAnchor(element, rows, keys, sizes, range)
    if (reader.isFollowing()) return setPlace(undefined)
    const next = placeOf(anchor.current, element, keys)
    const nextTop = next ? topOf(next, keys, sizes) : 0
    const drawn = rowsWithin(sizes, nextTop - overscan / 2, nextTop + viewport + overscan / 2)
    if (!covers(range, drawn)) setPlace(next)
  }

  return {
    range,
    following,
    jumpToEnd,
    scroller,
    reader: { onScroll, onPointerDown, onWheel, onKeyDown },
    rows: container,
    watchSizes,
    watchRow,
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
  scroller: HTMLElement,
  rows: HTMLElement,
  keys: readonly string[],
  sizes: readonly number[],
  drawn: RowRange,
): ScrollAnchor | undefined {
  // Above the rows is what a page has there, of any height.
  const above = positionIn(scroller, rows.firstElementChild ?? rows) - drawn.before
  const { start, before } = rowsWithin(sizes, scroller.scrollTop - above, scroller.scrollTop)
  const key = keys[start]
  if (key === undefined) return undefined
  const position = above + before
  return { key, element: undefined, position, rowPosition: position }
}

/** Where something that is scrolled to comes to rest, in px below the top. */
function scrollPadding(scroller: HTMLElement): number {
  const padding = Number.parseFloat(getComputedStyle(scroller).scrollPaddingTop)
  return Number.isNaN(padding) ? 0 : padding
}

function covers(drawn: RowRange, wanted: RowRange): boolean {
  return drawn.start <= wanted.start && drawn.end >= wanted.end
}
