import { useCallback, useState } from 'react'

/** What is being written, kept per chat: looking something up in another one must not lose it. */
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
