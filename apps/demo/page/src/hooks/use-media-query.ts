import { useCallback, useSyncExternalStore } from 'react'

/** Least widths at which the session list, and the drawer, fit beside the chat. */
export const roomForList = '(min-width: 48rem)'
export const roomForDrawer = '(min-width: 64rem)'

export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}
