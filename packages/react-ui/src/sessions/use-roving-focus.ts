import { type FocusEvent, type KeyboardEvent, type RefObject, useRef, useState } from 'react'

import { useBrowserLayoutEffect } from '../ui/use-browser-layout-effect.ts'

const steps: Partial<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, count) => count - 1,
}

interface RovingFocusOptions {
  list: RefObject<HTMLElement | null>
  /** Of all rows, also of those that are not in the page. */
  ids: readonly string[]
  /** Brings a row into the page, by its index. */
  show: (index: number) => void
}

/**
 * Makes a list of links one stop for Tab, with the arrow keys inside it, so that Tab passes hundreds of
 * rows at once. What has the focus may go: its row then has it, or the row in the place of one that
 * was removed.
 */
export function useRovingFocus({ list, ids, show }: RovingFocusOptions) {
  const [focusedId, setFocusedId] = useState<string>()
  // The row that is to have the focus once it is in the page.
  const wanted = useRef<string>(undefined)
  const place = useRef(0)

  useBrowserLayoutEffect(() => {
    if (focusedId !== undefined && wanted.current === undefined) {
      const index = ids.indexOf(focusedId)
      if (index >= 0) place.current = index
      if (document.activeElement === document.body) {
        const next = index >= 0 ? focusedId : ids[Math.min(place.current, ids.length - 1)]
        wanted.current = next
        if (index < 0) {
          setFocusedId(next)
          if (next !== undefined) show(ids.indexOf(next))
        }
      }
    }
    if (wanted.current === undefined) return
    const row = `[data-session-id="${CSS.escape(wanted.current)}"] [data-session-link]`
    const link = list.current?.querySelector<HTMLElement>(row)
    if (!link) return
    wanted.current = undefined
    link.focus({ preventScroll: true })
  })

  const onFocus = ({ target }: FocusEvent) => setFocusedId(idOf(target))
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent) => {
    // From outside, Tab leads to the open session again.
    if (!currentTarget.contains(relatedTarget)) setFocusedId(undefined)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key]
    const index = ids.indexOf(idOf(event.target) ?? '')
    const isModified = event.ctrlKey || event.metaKey || event.altKey
    if (!step || index < 0 || isModified || isField(event.target)) return
    event.preventDefault()
    const next = step(index, ids.length)
    wanted.current = ids[next]
    show(next)
    setFocusedId(ids[next])
  }
  return { focusedId, listProps: { onFocus, onBlur, onKeyDown } }
}

function idOf(target: EventTarget): string | undefined {
  const row = target instanceof Element && target.closest<HTMLElement>('[data-session-id]')
  return row ? row.dataset['sessionId'] : undefined
}

/** Whether the arrow keys are the element's own, as in a field to rename a row in. */
function isField(target: EventTarget): boolean {
  return target instanceof Element && target.matches('input, textarea, select, [contenteditable]')
}
