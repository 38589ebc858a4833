import { useSyncExternalStore } from 'react'

/**
 * Whether the page is not in the background.
 *
 * @param onServer what is taken for it while a server renders
 */
export function usePageVisible(onServer = false): boolean {
  return useSyncExternalStore(
    subscribe,
    () => document.visibilityState === 'visible',
    () => onServer,
  )
}

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}
