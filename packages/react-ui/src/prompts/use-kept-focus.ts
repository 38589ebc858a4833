import { type FocusEvent, type RefObject, useEffect, useRef } from 'react'

import { passFocusOn } from '../ui/pass-focus-on.ts'
import { useBrowserLayoutEffect } from '../ui/use-browser-layout-effect.ts'

/**
 * For an element whose buttons go with what they do: if the focus goes with one of them, it passes to a button
 * of the same element, or of a neighbour in its list, best for the same action, or to what had it before all these.
 * Otherwise Tab would begin at the page's top.
 *
 * @param originRef where the focus came from; shared by the elements of a list
 */
export function useKeptFocus(
  root: RefObject<HTMLElement | null>,
  originRef: RefObject<HTMLElement | null>,
) {
  const inside = useRef(false)
  const action = useRef<string>(undefined)
  // A button went, and the element stays.
  useEffect(() => {
    const element = root.current
    if (!inside.current || !element) return
    const { activeElement, body } = element.ownerDocument
    if (activeElement === body) heirOf(withNeighbours(element), action.current, originRef)?.focus()
  })
  useBrowserLayoutEffect(() => {
    const element = root.current
    return () => {
      if (!element) return
      // What is around it can be asked as long as it is there.
      const heirs = withNeighbours(element)
      passFocusOn(element, () => heirOf(heirs, action.current, originRef))
    }
  }, [root, originRef])
  return {
    onFocus({ currentTarget, target, relatedTarget }: FocusEvent) {
      inside.current = true
      action.current = target.getAttribute('data-action') ?? action.current
      const list = currentTarget.closest('ul') ?? currentTarget
      if (relatedTarget instanceof HTMLElement && !list.contains(relatedTarget)) {
        originRef.current = relatedTarget
      }
    },
    onBlur({ currentTarget, relatedTarget }: FocusEvent) {
      if (!currentTarget.contains(relatedTarget)) inside.current = false
    },
  }
}

/** The element, those after it and those before it. */
function withNeighbours(element: HTMLElement): Element[] {
  const all = element.matches('li') ? [...(element.parentElement?.children ?? [])] : [element]
  const index = all.indexOf(element)
  return [...all.slice(index), ...all.slice(0, index).reverse()]
}

function heirOf(
  heirs: readonly Element[],
  action: string | undefined,
  originRef: RefObject<HTMLElement | null>,
): HTMLElement | null {
  for (const heir of heirs) {
    if (!heir.isConnected) continue
    const button =
      heir.querySelector<HTMLElement>(`button[data-action="${action}"]`) ??
      heir.querySelector<HTMLElement>('button')
    if (button) return button
  }
  return originRef.current
}
