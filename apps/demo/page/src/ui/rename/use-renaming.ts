import { useLayoutEffect, useRef, useState } from 'react'

/**
 * Whether a title is being edited. Afterwards the focus goes back to what started it, unless the person
 * has moved it elsewhere.
 */
export function useRenaming<Trigger extends HTMLElement>() {
  const [renaming, setRenaming] = useState(false)
  const trigger = useRef<Trigger>(null)
  const returns = useRef(false)
  useLayoutEffect(() => {
    if (renaming || !returns.current) return
    returns.current = false
    trigger.current?.focus()
  }, [renaming])
  return {
    renaming,
    trigger,
    start: () => setRenaming(true),
    done: (byKey: boolean) => {
      returns.current = byKey
      setRenaming(false)
    },
  }
}
