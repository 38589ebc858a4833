import { type Clock, sleep } from '@caughtup/schema/clock'

/**
 * Calls `work` at once and then every `ms`, one call after the other, until the signal. `late` is
 * by how many ms the call comes too late: a machine that slept, or a busy event loop.
 */
export async function repeat(
  { clock, ms, signal }: { clock: Clock; ms: number; signal: AbortSignal },
  work: (late: number) => Promise<void>,
): Promise<void> {
  let due = clock.monotonic()
  while (!signal.aborted) {
    await work(clock.monotonic() - due)
    due = Math.max(due + ms, clock.monotonic())
    try {
      await sleep(clock, due - clock.monotonic(), signal)
    } catch (reason) {
      if (!signal.aborted) throw reason
    }
  }
}
