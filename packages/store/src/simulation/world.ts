import { sleep } from '@caughtup/schema/clock'

import type { StorageFactory } from '../storage.ts'
import { Host, type Incarnation } from './host.ts'
import { Ledger } from './ledger.ts'
import { Random } from './random.ts'
import { quiet, Scheduler } from './scheduler.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Weather } from './weather.ts'

export interface WorldOptions {
  seed: number
  factory: StorageFactory
  /** Takes the lines of the trace. */
  trace?: (line: string) => void
}

/** Where processes run, and how the database is there. */
interface Place {
  readonly host: Host
  readonly weather: Weather
}

/** How long a run is its process's without a sign of life, in ms. */
export const lease = 600

/** All there is in one simulation: time, chance, hosts, what was promised, and the first failure. */
export class World {
  readonly random: Random
  readonly scheduler = new Scheduler()
  readonly ledger = new Ledger()
  /** Where clients are: never paused, never killed. */
  readonly outside = new SimulatedProcess('outside', this.scheduler)
  readonly hosts: readonly [Place, Place]
  readonly sessions: string[] = []
  /** Whether nothing goes wrong any more and everybody catches up. */
  calm = false
  readonly #trace: ((line: string) => void) | undefined
  readonly #ids = new Map<string, number>()
  #failure: { error: unknown } | undefined

  constructor({ seed, factory, trace }: WorldOptions, inhabit: (at: Incarnation) => void) {
    this.random = new Random(seed)
    this.#trace = trace
    const place = (name: string): Place => {
      const { random, scheduler } = this
      const weather = new Weather(random)
      const traced = (who: string, what: string) => this.trace(who, what)
      const options = { name, scheduler, random, factory, inhabit, trace: traced }
      return { weather, host: new Host({ ...options, fate: weather.fate }) }
    }
    this.hosts = [place('a'), place('b')]
  }

  /** Adds a line to the trace. `what` is only asked for where somebody reads it. */
  trace(who: string, what: string | (() => string)): void {
    if (!this.#trace) return
    const time = this.scheduler.elapsed.toFixed(1).padStart(8)
    this.#trace(`${time} ${who.padEnd(8)} ${typeof what === 'string' ? what : what()}`)
  }

  /** A name that nobody else has: `run-3`. */
  name(kind: string): string {
    const number = (this.#ids.get(kind) ?? 0) + 1
    this.#ids.set(kind, number)
    return `${kind}-${number}`
  }

  /** Lets something go on by itself; where it fails in a living process, the simulation has failed. */
  spawn(life: SimulatedProcess, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!life.killed.aborted) this.fail(error)
    })
  }

  fail(error: unknown): void {
    if (!this.#failure) this.trace('', () => `FAILS: ${String(error)}`)
    this.#failure ??= { error }
  }

  /** Lets time pass; throws what has failed. */
  async pass(ms: number): Promise<void> {
    const end = this.scheduler.elapsed + ms
    while (this.scheduler.elapsed < end) {
      await this.scheduler.run(Math.min(50, end - this.scheduler.elapsed))
      if (this.#failure) throw this.#failure.error
    }
  }

  /** Lets time pass until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = () => (over = true)
    work.then(end, end)
    for (await quiet(); !over;) await this.pass(5)
    return work
  }

  /** A pause of `life` between these lengths, in ms. */
  rest(life: SimulatedProcess, from: number, to: number, signal?: AbortSignal): Promise<void> {
    return sleep(life, from + (to - from) * this.random.next(), signal)
  }
}
