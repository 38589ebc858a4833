import { type RefObject, useEffect } from 'react'

const scrollers =
  '[data-streamdown="code-block-body"], [data-streamdown="table-wrapper"] > :last-child'

/** Lets the keyboard reach, and so scroll, code and tables that are wider than the page. */
export function useFocusableScrollers(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = root.current
    if (!element) return
    const mark = () => {
      for (const one of element.querySelectorAll<HTMLElement>(scrollers)) {
        const scrolls = one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight
        if (scrolls === (one.tabIndex === 0)) continue
        if (scrolls) one.tabIndex = 0
        else one.removeAttribute('tabindex')
      }
    }
    // Its size changes with its content, and with the page's width.
    const observer = new ResizeObserver(mark)
    observer.observe(element)
    return () => observer.disconnect()
  }, [root])
}
