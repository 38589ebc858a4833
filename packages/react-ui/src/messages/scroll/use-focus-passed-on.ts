import type { RefObject } from 'react'

import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'
import { passFocusOn } from '../../ui/pass-focus-on.ts'

/** Passes the focus on when an element leaves that has it. */
export function useFocusPassedOn(
  leaving: RefObject<HTMLElement | null>,
  heir: RefObject<HTMLElement | null>,
): void {
  useBrowserLayoutEffect(() => {
    const element = leaving.current
    return () => {
      if (element) passFocusOn(element, () => heir.current)
    }
  }, [leaving, heir])
}
