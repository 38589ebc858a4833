import { useRef } from 'react'

import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'

/** Calls back when there is a newer prompt than at first: a person who has sent one wants to see it. */
export function useNewPrompt(newest: string | undefined, onNew: () => void): void {
  const known = useRef(newest)
  useBrowserLayoutEffect(() => {
    if (known.current === newest) return
    known.current = newest
    onNew()
  }, [newest, onNew])
}
