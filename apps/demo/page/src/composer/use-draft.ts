import { useCallback, useState } from 'react'

/** The unsent text of a chat. It is stored, so that a look at another chat does not lose it. */
export function useDraft(key: string): [string, (draft: string) => void] {
  const storageKey = `caughtup-draft-${key}`
  const [draft, setDraft] = useState(() => sessionStorage.getItem(storageKey) ?? '')
  const keep = useCallback(
    (next: string) => {
      setDraft(next)
      if (next) sessionStorage.setItem(storageKey, next)
      else sessionStorage.removeItem(storageKey)
    },
    [storageKey],
  )
  return [draft, keep]
}
