import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../../../base/backoff.ts'
import { StorageError } from '../../../port/storage-error.ts'

/** Another process's transaction takes a few ms, so the lock is worth asking for often; in ms. */
const delays = { first: 2, last: 50 }
/** Another process's transactions take some ms; one that holds the lock for longer is stuck. */
const longest = 5_000

/** Calls `work` again while another process holds the lock, for 5 s at most unless it says so. */
export async function retryBusy<T>(clock: Clock, work: () => T, patience = longest): Promise<T> {
  const startedAt = clock.monotonic()
  const backoff = new Backoff(delays)
  for (;;) {
    try {
      return work()
    } catch (error) {
      const busy = error instanceof StorageError && error.failure === 'busy'
      if (!busy || clock.monotonic() - startedAt >= patience) throw error
      await backoff.wait(clock)
    }
  }
}
