import { useCallback, useState } from 'react'

import { pagePrincipal } from '../client/demo-client.ts'

/**
 * The unsent text of a chat. It is stored, so that neither a look at another chat nor a reload, nor a
 * crash of the browser, loses it; each user has drafts of their own.
 */
export function useDraft(key: string): [string, (draft: string) => void] {
  const storageKey = `caughtup-draft-${pagePrincipal() ?? ''}-${key}`
  const [draft, setDraft] = useState(() => localStorage.getItem(storageKey) ?? '')
  const keep = useCallback(
    (next: string) => {
      setDraft(next)
      try {
        if (next) localStorage.setItem(storageKey, next)
        else localStorage.removeItem(storageKey)
      } catch (error) {
        // The storage is full: the text stays in the field.
        console.warn('The draft is not stored:', error)
      }
    },
    [storageKey],
  )
  return [draft, keep]
}
