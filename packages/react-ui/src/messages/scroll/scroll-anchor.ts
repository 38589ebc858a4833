/** What the reader looks at: the topmost visible element, and the row that it is in. */
export interface ScrollAnchor {
  key: string
  element: Element | undefined
  /** Where both are in the scrolled content, in px: scrolling alone does not change that. */
  position: number
  rowPosition: number
}

/** An element this deep in a row is small enough to be looked at. */
const mostDeep = 8

/** Undefined if no row is drawn where the reader looks. */
export function anchorOf(scroller: HTMLElement, rows: HTMLElement): ScrollAnchor | undefined {
  const top = scroller.getBoundingClientRect().top
  const row = firstBelow(rows, top)
  const key = row instanceof HTMLElement ? row.dataset['key'] : undefined
  if (!row || key === undefined) return undefined
  if (row.getBoundingClientRect().top >= top + scroller.clientHeight) return undefined
  let element = row
  for (let depth = 0; depth < mostDeep && element.getBoundingClientRect().top < top; depth++) {
    const inner = firstBelow(element, top)
    if (!inner) break
    element = inner
  }
  const position = positionIn(scroller, element)
  return { key, element, position, rowPosition: positionIn(scroller, row) }
}

/** How far the anchor has moved in the content, in px, since it was chosen; undefined if it is gone. */
export function movedBy(
  scroller: HTMLElement,
  rows: HTMLElement,
  { element, key, position, rowPosition }: ScrollAnchor,
): number | undefined {
  if (element?.isConnected) return positionIn(scroller, element) - position
  const row = rowOf(rows, key)
  return row && positionIn(scroller, row) - rowPosition
}

export function rowOf(rows: HTMLElement, key: string): HTMLElement | undefined {
  for (const row of rows.children) {
    if (row instanceof HTMLElement && row.dataset['key'] === key) return row
  }
  return undefined
}

export function positionIn(scroller: HTMLElement, element: Element): number {
  const { top } = element.getBoundingClientRect()
  return top - scroller.getBoundingClientRect().top + scroller.scrollTop
}

function firstBelow(parent: Element, top: number): Element | undefined {
  for (const child of parent.children) {
    const { bottom, height } = child.getBoundingClientRect()
    if (height > 0 && bottom > top + 1) return child
  }
  return undefined
}
