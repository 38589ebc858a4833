import { type FocusEvent, type KeyboardEvent, useState } from 'react'

const steps: Partial<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, count) => count - 1,
}

/**
 * Makes a list of links one stop for Tab, with the arrow keys inside it, so that Tab reaches the
 * composer without passing hundreds of chats.
 */
export function useRovingFocus(initialId: string | undefined) {
  const [focusedId, setFocusedId] = useState<string>()

  const onFocus = (event: FocusEvent<HTMLUListElement>) => {
    setFocusedId(event.target.closest<HTMLElement>('[data-session-id]')?.dataset['sessionId'])
  }
  const onBlur = (event: FocusEvent<HTMLUListElement>) => {
    // From outside, Tab leads to the open chat again.
    if (!event.currentTarget.contains(event.relatedTarget)) setFocusedId(undefined)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = steps[event.key]
    if (!step) return
    const links = [...event.currentTarget.querySelectorAll('a')]
    const row = document.activeElement?.closest('li')
    const index = links.findIndex((link) => link.closest('li') === row)
    event.preventDefault()
    links[step(index, links.length)]?.focus()
  }

  return { tabbableId: focusedId ?? initialId, listProps: { onFocus, onBlur, onKeyDown } }
}
