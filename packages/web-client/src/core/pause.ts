import { type Clock, sleep } from '@caughtup/schema/clock'

import { type Network, watchNetwork } from './network.ts'

/**
 * Waits `ms`, or less when the network comes online or the page becomes visible.
 *
 * @param patient waits the whole time all the same, because the server asked for it
 * @throws the signal's reason when it aborts
 */
export async function pause(
  { clock, network }: { clock: Clock; network: Network },
  ms: number,
  patient: boolean,
  signal: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const unwatch = watchNetwork(network, (improved) => {
    if (improved && !patient) woken.abort()
  })
  try {
    await sleep(clock, ms, AbortSignal.any([signal, woken.signal]))
  } catch (error) {
    if (signal.aborted) throw error
  } finally {
    unwatch()
  }
}
