import { useCallback, useSyncExternalStore } from 'react'

/** From these widths on there is room for the session list, and for the drawer, beside the chat. */
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
