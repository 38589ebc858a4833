import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { HookCalls } from './hooks/hook-calls.ts'
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
/** How much of that hooks may take, in ms: the next process makes the calls that are left. */
const forHooks = 1_000

/** What a chat server consists of while it runs. */
interface Parts {
  settings: Settings
  runs: Runs
  watch: RunWatch
  streams: StreamRegistry
  hooks: HookCalls | undefined
}

/**
 * Drains, interrupts the remaining runs, commits everything, makes the calls of hooks that this owes, and
 * ends the streams. If the database does not take everything in time, `onError` is called and the store
 * keeps the rest until it closes. `hurry` ends the drain.
 */
export async function closeChat(
  { settings, runs, watch, streams, hooks }: Parts,
  hurry: AbortSignal,
): Promise<void> {
  const { store, drain, onError } = settings
  await runs.drain(drain, hurry)
  using deadline = new Deadline(store.clock, hurry)
  // Runs end before streams, so that clients see their ends. Heartbeats continue until then.
  const written = runs.interruptAll().then(() => store.flushAll())
  try {
    const isWritten = await Promise.race([written.then(() => true), deadline.passed])
    if (!isWritten) throw unfinished(settings, runs)
  } catch (error) {
    onError(error, 'closing')
  } finally {
    deadline.within(forHooks)
    // Before the streams end, so that hooks are told who was watching.
    await hooks?.close(deadline.passed)
    watch.stop()
    streams.endAll()
  }
}

/** When closing has to be finished. */
class Deadline {
  readonly #clock: Clock
  readonly #hurry: AbortSignal
  readonly #passed = Promise.withResolvers<false>()
  readonly #timers: (() => void)[] = []

  constructor(clock: Clock, hurry: AbortSignal) {
    this.#clock = clock
    this.#hurry = hurry
    this.within(afterDrain)
    if (hurry.aborted) this.#onHurry()
    else hurry.addEventListener('abort', this.#onHurry, { once: true })
  }

  get passed(): Promise<false> {
    return this.#passed.promise
  }

  /** It has passed after `ms` at the latest. */
  within(ms: number): void {
    this.#timers.push(this.#clock.after(ms, () => this.#passed.resolve(false)))
  }

  [Symbol.dispose](): void {
    this.#hurry.removeEventListener('abort', this.#onHurry)
    for (const cancel of this.#timers) cancel()
  }

  readonly #onHurry = () => this.within(afterHurry)
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
