import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { Settings } from './host/server-options.ts'
import type { RunWatch } from './runs/run-watch.ts'
import type { Runs } from './runs/runs.ts'
import type { StreamRegistry } from './streams/stream-registry.ts'

/**
 * How long writing the ends of runs may take after the drain, in ms. `serve` promises to close within
 * 5 s of the drain; its transports need the rest.
 */
const afterDrain = 3_000
/** The same after the caller's signal, in ms. */
const afterHurry = 1_000

/**
 * Drains, interrupts the remaining runs, commits everything and ends the streams. If the database does
 * not take everything in time, `onError` is called and the store keeps the rest until it closes.
 * `hurry` ends the drain.
 */
export async function closeChat(
  {
    settings,
    runs,
    watch,
    streams,
  }: { settings: Settings; runs: Runs; watch: RunWatch; streams: StreamRegistry },
  hurry: AbortSignal,
): Promise<void> {
  const { store, drain, onError } = settings
  await runs.drain(drain, hurry)
  // Runs end before streams, so that clients see their ends. Heartbeats continue until then.
  const written = runs.interruptAll().then(() => store.flushAll())
  try {
    if (!(await inTime(written, store.clock, hurry))) throw unfinished(settings, runs)
  } catch (error) {
    onError(error, 'closing')
  } finally {
    watch.stop()
    streams.endAll()
  }
}

async function inTime(work: Promise<void>, clock: Clock, hurry: AbortSignal): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timers = [clock.after(afterDrain, () => resolve(false))]
  const onHurry = () => void timers.push(clock.after(afterHurry, () => resolve(false)))
  if (hurry.aborted) onHurry()
  else hurry.addEventListener('abort', onHurry, { once: true })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    hurry.removeEventListener('abort', onHurry)
    for (const cancel of timers) cancel()
  }
}

function unfinished({ store }: Settings, runs: Runs): CaughtupError {
  const { unflushedBytes, lastError } = store.stats()
  const ids = runs.ids
  const some = ids.slice(0, 10).join(', ') + (ids.length > 10 ? ' …' : '')
  if (unflushedBytes === 0) {
    return new CaughtupError(
      'UNAVAILABLE',
      `The server closed before slow readers of store.updates got the ends of ${ids.length} runs ` +
        `(${some}). The ends are written.`,
      { reason: 'not-delivered' },
    )
  }
  return new CaughtupError(
    'UNAVAILABLE',
    `The server closed before the ends of ${ids.length} runs (${some}) were written; the store still ` +
      `holds about ${unflushedBytes} bytes. ${lastError ?? ''}`.trimEnd(),
    { reason: 'not-written' },
  )
}
