import { setImmediate } from 'node:timers/promises'

import { type Clock, sleep } from '@caughtup/schema/clock'

export interface Pace {
  clock: Clock
  /** Items a second; `Infinity` for as fast as they are taken. */
  perSecond: number
  signal: AbortSignal
}

/**
 * Work without a rest, in ms, after which sockets get a turn. A timer of no length would be no
 * rest: Node runs those that fell due meanwhile one after the other, and sockets after the last.
 */
const longestStretch = 8

/**
 * Gives the items in time: the n-th is due at start + n / rate, so late timers do not add up. At
 * rates above the timer's resolution several fall due together and come without a wait between.
 *
 * @throws the signal's reason, once it is aborted while an item waits
 */
export async function* paced<T>(
  items: Iterable<T>,
  { clock, perSecond, signal }: Pace,
): AsyncGenerator<T, void, undefined> {
  const start = clock.monotonic()
  let restedAt = start
  let index = 0
  for (const item of items) {
    const due = start + (index++ * 1_000) / perSecond
    const now = clock.monotonic()
    if (due > now) {
      await sleep(clock, due - now, signal)
      restedAt = clock.monotonic()
    } else if (now - restedAt >= longestStretch) {
      await setImmediate(undefined, { signal })
      restedAt = clock.monotonic()
    }
    yield item
  }
}
