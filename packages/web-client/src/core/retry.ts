import { type Clock, sleep } from '@caughtup/schema/clock'

import type { ViewError } from './errors.ts'
import { type Network, watchNetwork } from './network.ts'

/** Bounds of the delays between attempts, in ms. */
export interface Backoff {
  /** Upper bound of the first delay; it doubles with each further failure. */
  readonly minDelay: number
  /** Upper bound of every delay. */
  readonly maxDelay: number
}

/** How long to wait before the next attempt. */
export interface RetryWait {
  /** ms. */
  readonly delay: number
  /** Whether the server asked for the delay, so that the network coming online does not shorten it. */
  readonly requested: boolean
}

/**
 * The wait after `failures` failed attempts in a row, the last with `error`. Exponential backoff with
 * full jitter, so that the clients of a server that went down do not all return at once; at least
 * the `retryAfter` of the error.
 */
export function retryWait(
  failures: number,
  error: ViewError | undefined,
  { minDelay, maxDelay }: Backoff,
  random: () => number,
): RetryWait {
  const retryAfter = error?.data.retryAfter
  const delay = random() * Math.min(maxDelay, minDelay * 2 ** (failures - 1))
  return { delay: Math.max(retryAfter ?? 0, delay), requested: retryAfter !== undefined }
}

/**
 * Resolves after the delay, or as soon as the network comes online or the page becomes visible.
 *
 * @throws the signal's reason when it aborts
 */
export async function waitToRetry(
  { clock, network }: { clock: Clock; network: Network },
  { delay, requested }: RetryWait,
  signal: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const unwatch = watchNetwork(network, (improved) => {
    if (improved && !requested) woken.abort()
  })
  try {
    await sleep(clock, delay, AbortSignal.any([signal, woken.signal]))
  } catch (error) {
    if (signal.aborted) throw error
  } finally {
    unwatch()
  }
}

/** Ends the waits before calls that are repeated, when the server is seen to answer again. */
export class WakeUp {
  #next = new AbortController()

  /** Aborts at the next ring. */
  get signal(): AbortSignal {
    return this.#next.signal
  }

  ring(): void {
    const rung = this.#next
    this.#next = new AbortController()
    rung.abort()
  }
}
