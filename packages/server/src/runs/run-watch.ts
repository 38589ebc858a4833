import { background } from '@caughtup/schema/clock'
import type { ActiveRun } from '@caughtup/store'

import type { Settings } from '../host/options.ts'
import { repeat } from './repeat.ts'
import type { Runs } from './runs.ts'

/** What was seen of a run that somebody else executes, and since when it is the same. */
interface Observation {
  holder: string
  since: number
}

/**
 * Proves that this process lives, and ends the runs of processes that do not. A counter that
 * stood still for one lease, by this process's own monotonic clock, belongs to a dead process; the
 * run it held is lost. Looks come three to a lease, so that takes less than two leases.
 */
export class RunWatch {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #stopped = new AbortController()
  readonly #observed = new Map<string, Observation>()
  #started = false

  constructor(settings: Settings, runs: Runs) {
    this.#settings = settings
    this.#runs = runs
  }

  /**
   * The first look also takes up the queues that an earlier process left. Does nothing when it was
   * called before, or after `stop`.
   */
  start(): void {
    if (this.#started || this.#stopped.signal.aborted) return
    this.#started = true
    const { store, lease, onError } = this.#settings
    const rhythm = { clock: background(store.clock), ms: lease / 3, signal: this.#stopped.signal }
    const logged = (work: (late: number) => Promise<void>, where: string) => {
      const log = (error: unknown) => {
        // A look that was under way when the store was closed after this server says nothing.
        if (!this.#stopped.signal.aborted) onError(error, where)
      }
      repeat(rhythm, (late) => work(late).catch(log)).catch(log)
    }
    // Apart from each other: a slow look must not make this process seem dead.
    logged(() => store.heartbeat(), 'proving that this process lives')
    logged((late) => this.#look(late), 'watching the runs of other processes')
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #look(late: number): Promise<void> {
    const { store, lease } = this.#settings
    // After a suspend nothing is known of how long a counter stood still.
    if (late > lease / 2) this.#observed.clear()
    const executing = this.#runs.executing
    const open = await store.activeRuns()
    const ids = new Set(open.map(({ head }) => head.run?.id))
    this.#runs.abandon(({ id }) => executing.has(id) && !ids.has(id))
    for (const runId of this.#observed.keys()) if (!ids.has(runId)) this.#observed.delete(runId)
    for (const run of open) await this.#judge(run)
  }

  async #judge(run: ActiveRun): Promise<void> {
    const { store, lease } = this.#settings
    const { sessionId, head, lease: held } = run
    if (!head.run) return this.#runs.next(sessionId)
    // Without a lease the run waits for a person; with an agent here it is well.
    if (!held || this.#runs.has(head.run.id)) return
    const now = store.clock.monotonic()
    const holder = held.own ? 'own' : `${held.process} ${held.beats}`
    const seen = this.#observed.get(head.run.id)
    if (seen?.holder !== holder) {
      this.#observed.set(head.run.id, { holder, since: now })
    } else if (now - seen.since >= lease) {
      this.#observed.delete(head.run.id)
      await this.#runs.endOrphaned(run, 'lost')
    }
  }
}
