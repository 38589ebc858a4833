import { type FocusEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react'

const steps: Partial<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, count) => count - 1,
}

interface RovingFocusOptions {
  /** Of all rows, also of those that are not in the page. */
  ids: readonly string[]
  initialId: string | undefined
  /** Brings a row into the page, by its index. */
  show: (index: number) => void
}

/**
 * Makes a list of links one stop for Tab, with the arrow keys inside it, so that Tab reaches the
 * composer without passing hundreds of chats.
 */
export function useRovingFocus({ ids, initialId, show }: RovingFocusOptions) {
  const [focusedId, setFocusedId] = useState<string>()
  const list = useRef<HTMLUListElement>(null)
  // The row that is to have the focus once it is in the page.
  const wanted = useRef<string>(undefined)

  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    const row = list.current?.querySelector(`[data-session-id="${CSS.escape(wanted.current)}"] a`)
    if (!(row instanceof HTMLElement)) return
    wanted.current = undefined
    row.focus({ preventScroll: true })
  })

  const onFocus = (event: FocusEvent<HTMLUListElement>) => {
    setFocusedId(event.target.closest<HTMLElement>('[data-session-id]')?.dataset['sessionId'])
  }
  const onBlur = (event: FocusEvent<HTMLUListElement>) => {
    // From outside, Tab leads to the open chat again.
    if (!event.currentTarget.contains(event.relatedTarget)) setFocusedId(undefined)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = steps[event.key]
    const row = document.activeElement?.closest<HTMLElement>('[data-session-id]')
    const index = ids.indexOf(row?.dataset['sessionId'] ?? '')
    if (!step || index < 0) return
    event.preventDefault()
    const next = step(index, ids.length)
    wanted.current = ids[next]
    show(next)
    setFocusedId(ids[next])
  }

  return {
    tabbableId: focusedId ?? initialId,
    listProps: { ref: list, onFocus, onBlur, onKeyDown },
  }
}
