import { type FocusEvent, type RefObject, useEffect, useRef } from 'react'

import { useClientLayoutEffect } from '../ui/use-client-layout-effect.ts'

/**
 * For an element whose buttons go with what they do: if the focus goes with one of them, a button of the same
 * element gets it, or of a neighbour in its list, for the same action if there is one, or what had it before all these. Otherwise Tab would begin
 * at the page's top.
 *
 * @param originRef where the focus came from; shared by the elements of a list
 */
export function useKeptFocus(
  root: RefObject<HTMLElement | null>,
  originRef: RefObject<HTMLElement | null>,
) {
  const inside = useRef(false)
  const action = useRef<string>(undefined)
  useEffect(() => {
    const element = root.current
    if (inside.current && element && isFocusLost(element))
      heirOf(heirs(element), action.current, originRef)?.focus()
  })
  useClientLayoutEffect(() => {
    const element = root.current
    return () => {
      if (!inside.current || !element) return
      // What is around it can be asked as long as it is there.
      const next = heirs(element)
      queueMicrotask(() => {
        if (!element.isConnected && isFocusLost(element))
          heirOf(next, action.current, originRef)?.focus()
      })
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

function isFocusLost({ ownerDocument }: HTMLElement): boolean {
  return ownerDocument.activeElement === ownerDocument.body
}

/** The element, those after it and those before it. */
function heirs(element: HTMLElement): Element[] {
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
