import { type Clock, sleep } from '@caughtup/schema/clock'

/** Longest that steps of long work keep the event loop from others, besides the step itself; in ms. */
const share = 4

/**
 * Called between two steps of long work: gives the event loop a turn when the steps since the last
 * one took a while. On a clock that stands still nobody waits for a turn.
 */
export function pacer(clock: Clock, signal?: AbortSignal): () => Promise<void> {
  let since = clock.monotonic()
  return async () => {
    signal?.throwIfAborted()
    if (clock.monotonic() - since < share) return
    await sleep(clock, 0, signal)
    since = clock.monotonic()
  }
}
