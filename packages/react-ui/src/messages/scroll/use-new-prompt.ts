import type { PendingPrompt } from '@caughtup/web-client'
import { useRef } from 'react'

import { useBrowserLayoutEffect } from '../../ui/use-browser-layout-effect.ts'

/** Calls back when there is a prompt that was not there before: a person who has sent one wants to see it. */
export function useNewPrompt(pending: readonly PendingPrompt[], onNew: () => void): void {
  const known = useRef<readonly string[]>(undefined)
  useBrowserLayoutEffect(() => {
    const before = known.current
    known.current = pending.map(({ messageId }) => messageId)
    if (before && known.current.some((id) => !before.includes(id))) onNew()
  }, [pending, onNew])
}
