import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../../../base/backoff.ts'
import { StorageError } from '../../../port/storage-error.ts'

/** Pauses between tries, in ms: short, since another process's transaction takes a few ms. */
const delays = { first: 2, last: 50 }
/** A process that holds the lock for longer than this, in ms, is stuck. */
const longest = 5_000

/**
 * Calls `work` again while another process holds the lock, for at most `patience` ms. Commits do not
 * use it: `commit/batch-writer.ts` retries them, and drops withdrawn slices between tries.
 */
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
