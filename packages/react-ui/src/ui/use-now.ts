import { useCallback, useSyncExternalStore } from 'react'

const minute = 60_000

/**
 * The time in ms since 1970, in steps: the component is drawn again after each step.
 *
 * @param everyMs the step; undefined runs no timer, while the component does not show the time
 */
export function useNow(everyMs: number | undefined): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      if (everyMs === undefined) return () => {}
      const timer = setInterval(listener, everyMs)
      return () => clearInterval(timer)
    },
    [everyMs],
  )
  const step = everyMs ?? minute
  const now = () => Math.floor(Date.now() / step) * step
  return useSyncExternalStore(subscribe, now, now)
}
