import type { Clock } from '@caughtup/schema/clock'

import { Backoff } from '../base/backoff.ts'
import { StorageError } from '../port/storage-error.ts'

/** Pauses between tries, in ms: short, since a transaction or a new connection takes a few ms. */
const delays = { first: 2, last: 50 }
/** What keeps a database busy for longer than this, in ms, is stuck. */
const longest = 5_000

/**
 * Calls `work` again while the database is busy: another process holds the lock, or a connection broke before
 * anything was written. That for at most `patience` ms. Commits do not
 * use it: `commit/batch-writer.ts` retries them, and drops withdrawn slices between tries.
 */
export async function retryBusy<T>(
  clock: Clock,
  work: () => T | Promise<T>,
  patience = longest,
): Promise<T> {
  const startedAt = clock.monotonic()
  const backoff = new Backoff(delays)
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const busy = error instanceof StorageError && error.failure === 'busy'
      if (!busy || clock.monotonic() - startedAt >= patience) throw error
      await backoff.wait(clock)
    }
  }
}
