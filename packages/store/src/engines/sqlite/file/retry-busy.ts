import { type Clock, sleep } from '@caughtup/schema/clock'

import { StorageError } from '../../../port/storage-error.ts'

const firstDelay = 2
const lastDelay = 50
/** Another process's transactions take some ms; whoever holds the lock for longer is stuck. */
const longest = 5_000

/** Calls `work` again while another process holds the lock, for 5 s at most unless it says so. */
export async function retryBusy<T>(clock: Clock, work: () => T, patience = longest): Promise<T> {
  const startedAt = clock.monotonic()
  for (let delay = firstDelay; ; delay = Math.min(lastDelay, delay * 2)) {
    try {
      return work()
    } catch (error) {
      const busy = error instanceof StorageError && error.failure === 'busy'
      if (!busy || clock.monotonic() - startedAt >= patience) throw error
      await sleep(clock, delay)
    }
  }
}
