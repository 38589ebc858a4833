import { type FocusEvent, useEffect, useRef } from 'react'

/**
 * For a component that is taken away by what is done in it: if it has the focus then, the focus goes back to
 * where it came from, and not to the top of the page.
 */
export function useReturnedFocus() {
  const origin = useRef<HTMLElement>(undefined)
  const inside = useRef(false)
  useEffect(
    () => () => {
      if (inside.current && document.activeElement === document.body) origin.current?.focus()
    },
    [],
  )
  return {
    onFocus({ currentTarget, relatedTarget }: FocusEvent) {
      inside.current = true
      const isOutside =
        relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget)
      if (isOutside) origin.current = relatedTarget
    },
    onBlur({ currentTarget, relatedTarget }: FocusEvent) {
      if (!currentTarget.contains(relatedTarget)) inside.current = false
    },
  }
}
