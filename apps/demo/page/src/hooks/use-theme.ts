import { useCallback, useState } from 'react'

import { useMediaQuery } from './use-media-query.ts'

export type Theme = 'light' | 'dark'

const storageKey = 'caughtup-theme'

/** Puts the stored choice on the page; called before the first render, so that nothing flashes. */
export function applyStoredTheme(): void {
  const theme = storedTheme()
  if (theme) document.documentElement.dataset['theme'] = theme
}

/** The theme in effect, the system's until the visitor chooses, and the way to choose. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)')
  const [chosen, setChosen] = useState(storedTheme)
  const choose = useCallback((theme: Theme) => {
    document.documentElement.dataset['theme'] = theme
    localStorage.setItem(storageKey, theme)
    setChosen(theme)
  }, [])
  return [chosen ?? (systemIsDark ? 'dark' : 'light'), choose]
}

function storedTheme(): Theme | undefined {
  const stored = localStorage.getItem(storageKey)
  return stored === 'light' || stored === 'dark' ? stored : undefined
}
