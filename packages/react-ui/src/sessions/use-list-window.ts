import { type RefObject, useCallback, useEffect, useState } from 'react'

import { useBrowserLayoutEffect } from '../ui/use-browser-layout-effect.ts'

/** Rows drawn beyond each end of what is visible. */
const overscan = 8
/** Rows taken to be visible until it was looked: all that a server draws. */
const firstRows = 20

interface ListWindowOptions {
  scroller: RefObject<HTMLElement | null>
  list: RefObject<HTMLElement | null>
  count: number
  /** The distance from one row to the next, in px. @default measured, of the first two that are drawn */
  rowHeight: number | undefined
}

export interface ListWindow {
  /** The rows to draw: from `start`, before `end`. */
  start: number
  end: number
  /** In px; undefined until it is known. */
  rowHeight: number | undefined
  /** Scrolls a row into view, by its index. */
  show: (index: number) => void
}

/** Which rows of a long list are in the page: those near what is visible. All rows are equally high. */
export function useListWindow({ scroller, list, count, rowHeight }: ListWindowOptions): ListWindow {
  const [visible, setVisible] = useState({ first: 0, last: firstRows })
  const [measured, setMeasured] = useState<number>()
  const height = rowHeight ?? measured

  const look = useCallback(() => {
    if (!scroller.current || !list.current || !height) return
    const above = scroller.current.getBoundingClientRect().top - topOf(list.current)
    const first = Math.max(0, Math.floor(above / height))
    const last = Math.ceil((above + scroller.current.clientHeight) / height)
    setVisible((shown) => (shown.first === first && shown.last === last ? shown : { first, last }))
  }, [scroller, list, height])

  useBrowserLayoutEffect(() => {
    const now = list.current && distanceOfRows(list.current)
    if (now && Math.abs(now - (measured ?? 0)) > 0.5) setMeasured(now)
  })

  useEffect(() => {
    const element = scroller.current
    if (!element) return undefined
    // It looks at once, too.
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [look, scroller])

  const show = useCallback(
    (index: number) => {
      const element = scroller.current
      if (!element || !list.current || !height) return
      const top = topOf(list.current) + index * height - element.getBoundingClientRect().top
      const below = top + height - element.clientHeight
      if (top < 0) element.scrollBy({ top, behavior: 'instant' })
      else if (below > 0) element.scrollBy({ top: below, behavior: 'instant' })
      look()
    },
    [look, scroller, list, height],
  )

  const start = Math.max(0, Math.min(visible.first - overscan, count - 1))
  const end = Math.min(count, visible.last + overscan)
  return { start, end, rowHeight: height, show }
}

function topOf(element: HTMLElement): number {
  return element.getBoundingClientRect().top
}

/** Of the first two rows, with the gap between them; a single one has none. */
function distanceOfRows(list: HTMLElement): number | undefined {
  const [first, second] = list.querySelectorAll<HTMLElement>(
    ':scope > [data-session-id]:not([data-apart])',
  )
  if (!first) return undefined
  return second ? topOf(second) - topOf(first) : first.offsetHeight
}
