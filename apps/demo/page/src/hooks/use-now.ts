import { useCallback, useSyncExternalStore } from 'react'

const minute = 60_000

/**
 * The time in ms since the epoch, in steps: a component draws again when a step has passed.
 *
 * @param everyMs the step; undefined while no one needs the time, and no timer runs then
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
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / step) * step)
}
