import { setImmediate } from 'node:timers/promises'

import { type Clock, sleep } from '@caughtup/schema/clock'

export interface Pace {
  clock: Clock
  /** Items a second; `Infinity` for as fast as the consumer takes them. */
  perSecond: number
  signal: AbortSignal
}

/** Faster rates look the same: at this one, ten items fall due in each ms of a timer. */
export const mostPerSecond = 10_000

/**
 * Longest work without serving sockets, in ms. A `setTimeout` of 0 would not do: Node runs all due
 * timers before it polls sockets.
 */
const longestBurst = 8

/**
 * Yields items at a steady rate: the n-th is due at start + n / rate, so late timers do not add up.
 * At rates above the resolution of timers, several items fall due together.
 *
 * @throws the signal's reason when it is aborted during a wait
 */
export async function* paced<T>(
  items: Iterable<T>,
  { clock, perSecond, signal }: Pace,
): AsyncGenerator<T, void, undefined> {
  const start = clock.monotonic()
  let pausedAt = start
  let index = 0
  for (const item of items) {
    const due = start + (index++ * 1_000) / perSecond
    const now = clock.monotonic()
    if (due > now) {
      await sleep(clock, due - now, signal)
      pausedAt = clock.monotonic()
    } else if (now - pausedAt >= longestBurst) {
      await setImmediate(undefined, { signal })
      pausedAt = clock.monotonic()
    }
    yield item
  }
}
