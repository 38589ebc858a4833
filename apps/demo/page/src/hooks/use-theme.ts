import { useCallback, useState } from 'react'

import { useMediaQuery } from './use-media-query.ts'

export type Theme = 'light' | 'dark'

const storageKey = 'caughtup-theme'

/** Applies the stored theme. Call it before the first render, so that the page does not flash. */
export function applyStoredTheme(): void {
  const theme = storedTheme()
  if (theme) document.documentElement.dataset['theme'] = theme
}

/** The current theme (the system's until the visitor chooses one), and its setter. */
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
