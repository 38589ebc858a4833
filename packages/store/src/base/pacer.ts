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
  return paced(clock, () => 0, signal)
}

/** The same for work that nobody waits for: it rests for as long as its steps took. */
export function restingPacer(clock: Clock): () => Promise<void> {
  return paced(clock, (worked) => worked)
}

function paced(
  clock: Clock,
  rest: (worked: number) => number,
  signal?: AbortSignal,
): () => Promise<void> {
  let since = clock.monotonic()
  return async () => {
    signal?.throwIfAborted()
    const worked = clock.monotonic() - since
    if (worked < share) return
    await sleep(clock, rest(worked), signal)
    since = clock.monotonic()
  }
}
