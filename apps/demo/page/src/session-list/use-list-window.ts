import { type RefObject, useCallback, useLayoutEffect, useState } from 'react'

/** Of a row, with the gap below it, in px. */
const rowHeight = 58
/** Rows drawn beyond each end of what is visible. */
const overscan = 8

/**
 * The rows of a long list that are in the page: those near what is visible, and `always`, which may have
 * the focus.
 */
export function useListWindow(scroller: RefObject<HTMLElement | null>, count: number) {
  const [visible, setVisible] = useState({ first: 0, last: 20 })

  const look = useCallback(() => {
    const element = scroller.current
    if (!element) return
    const first = Math.floor(element.scrollTop / rowHeight)
    const last = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight)
    setVisible((shown) => (shown.first === first && shown.last === last ? shown : { first, last }))
  }, [scroller])

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    // It looks at once, too.
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [look, scroller])

  const show = useCallback(
    (index: number) => {
      const element = scroller.current
      if (!element) return
      const [top, bottom] = [index * rowHeight, (index + 1) * rowHeight]
      if (top < element.scrollTop) element.scrollTo({ top })
      else if (bottom > element.scrollTop + element.clientHeight) {
        element.scrollTo({ top: bottom - element.clientHeight })
      }
      look()
    },
    [look, scroller],
  )

  const start = Math.max(0, Math.min(visible.first - overscan, count - 1))
  const end = Math.min(count, visible.last + overscan)
  return {
    start,
    end,
    before: start * rowHeight,
    after: Math.max(0, count - end) * rowHeight,
    onScroll: look,
    show,
  }
}
