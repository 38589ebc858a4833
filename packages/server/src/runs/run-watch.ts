import { background } from '@caughtup/schema/clock'
import type { ActiveRun } from '@caughtup/store'

import type { Settings } from '../host/server-options.ts'
import { repeat } from './repeat.ts'
import { continueRun } from './continue-run.ts'
import type { Runs } from './runs.ts'

/** The state of a run's holder, and since when it has not changed. */
interface Observation {
  /** The attempt at the run, the process and its heartbeat counter. */
  holder: string
  /** By this process's monotonic clock, in ms. */
  since: number
}

/** The heartbeat counter of another process, and since when it stands still. */
interface Counter {
  beats: number
  since: number
}

/** Heartbeats, and checks of other processes, per lease: a dead process is noticed within two leases. */
const checksPerLease = 3

/**
 * Sends this process's heartbeats, and ends the runs of dead processes as `lost`, or continues them. A process is dead if
 * its heartbeat counter has not changed for one lease, measured by this process's monotonic clock.
 */
export class RunWatch {
  readonly #settings: Settings
  readonly #runs: Runs
  readonly #stopped = new AbortController()
  readonly #observed = new Map<string, Observation>()
  /** Of the other processes that hold leases, at the last look. */
  #counters: ReadonlyMap<string, Counter> = new Map()
  #started = false

  constructor(settings: Settings, runs: Runs) {
    this.#settings = settings
    this.#runs = runs
  }

  /**
   * The first check also starts the runs that an earlier process left in queues. Does nothing if it
   * was called before, or after `stop`.
   */
  start(): void {
    if (this.#started || this.#stopped.signal.aborted) return
    this.#started = true
    const { store, lease, onError } = this.#settings
    const rhythm = {
      clock: background(store.clock),
      ms: lease / checksPerLease,
      signal: this.#stopped.signal,
    }
    const logged = (work: (late: number) => Promise<void>, where: string) => {
      const log = (error: unknown) => {
        // A check may still run while the host closes the store after this server.
        if (!this.#stopped.signal.aborted) onError(error, where)
      }
      repeat(rhythm, (late) => work(late).catch(log)).catch(log)
    }
    // Independent of each other: a slow check must not make this process seem dead.
    logged(() => store.heartbeat(), 'sending a heartbeat')
    logged((late) => this.#check(late), 'checking the runs of other processes')
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #check(late: number): Promise<void> {
    const { store, lease } = this.#settings
    // After a suspend, nobody knows how long a counter has not changed.
    if (late > lease / 2) {
      this.#observed.clear()
      this.#counters = new Map()
    }
    const executing = this.#runs.executing
    const active = await store.activeRuns(await this.#standingStill())
    const attempts = new Map(active.map(({ head: { run } }) => [run?.id, run?.attempt ?? 1]))
    // Ended elsewhere, or continued there while this process was presumed dead.
    this.#runs.abandon(({ id, attempt }) => executing.has(id) && attempts.get(id) !== attempt)
    for (const id of this.#observed.keys()) if (!attempts.has(id)) this.#observed.delete(id)
    for (const run of active) await this.#judge(run)
  }

  /**
   * The processes whose counters have not moved since the last look, or were not known then. What the others run is
   * not read: so a look costs as much as this process runs, and not as much as all do.
   */
  async #standingStill(): Promise<string[]> {
    const { store } = this.#settings
    const before = this.#counters
    const holders = await store.leaseHolders()
    const since = store.clock.monotonic()
    const counters = [...holders].map(([process, beats]) => {
      const seen = before.get(process)
      return [process, seen?.beats === beats ? seen : { beats, since }] as const
    })
    this.#counters = new Map(counters)
    const still = counters.filter(
      ([process, counter]) => (before.get(process) ?? counter) === counter,
    )
    return still.map(([process]) => process)
  }

  async #judge(run: ActiveRun): Promise<void> {
    const { store, lease, onLost } = this.#settings
    const { sessionId, head, lease: held } = run
    if (!head.run) return this.#runs.next(sessionId)
    // A run without a lease waits for a person; one that runs here needs no watch.
    if (!held || this.#runs.has(head.run)) return
    const now = store.clock.monotonic()
    const { attempt = 1 } = head.run
    const holder = `${attempt} ${held.own ? 'own' : `${held.process} ${held.beats}`}`
    const seen = this.#observed.get(head.run.id)
    // Not at the first look that has the run: a process that wakes begins some before its counter moves.
    if (seen?.holder !== holder) {
      this.#observed.set(head.run.id, { holder, since: now })
      return
    }
    const since = held.own ? seen.since : (this.#counters.get(held.process)?.since ?? now)
    if (now - since >= lease) {
      const continued = onLost === 'continue' && (await continueRun(this.#runs, run))
      if (!continued) await this.#runs.endOrphaned(run, 'lost')
    }
  }
}
