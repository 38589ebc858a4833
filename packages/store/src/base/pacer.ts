import { type Clock, sleep } from '@caughtup/schema/clock'

/**
 * How long steps of long work may keep the event loop busy, in ms: short enough for timers of some
 * ms.
 */
const share = 4

/**
 * Returns a function to await between two steps of long work: it gives the event loop a turn when
 * the steps since the last one took a while. On a clock that stands still it never waits.
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
