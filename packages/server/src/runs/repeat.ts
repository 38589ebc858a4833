import { type Clock, sleep } from '@caughtup/schema/clock'

/**
 * Calls `work` at once and then every `ms`, never two calls at a time, until the signal. `late` says how
 * many ms late the call is, because the machine was suspended or the event loop was busy.
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
