import assert from 'node:assert/strict'

import { CaughtupError } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'
import { Random, settle } from '@caughtup/schema/testing'

import type { CrashableEngine } from '../../support/crashable-engine.ts'
import type { ImportedRow } from '../../../src/import/imported-row.ts'
import { StorageError } from '../../../src/port/storage-error.ts'
import type { StoreOptions } from '../../../src/options/store-options.ts'
import { Host, type Incarnation } from './host.ts'
import { Ledger } from './ledger.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Weather } from './weather.ts'

export interface WorldOptions {
  seed: number
  engine: CrashableEngine
  /** Takes the lines of the trace. */
  trace?: (line: string) => void
}

/** Who is put into a world. */
export interface Population {
  /** Puts work into a process that has just started. */
  inhabit: (incarnation: Incarnation) => void
  /** Sends clients to a new session. */
  visit: (sessionId: string) => void
}

/** Where processes run, and how the database is there. */
interface Place {
  readonly host: Host
  readonly weather: Weather
}

/** A database as it was, and what was known then. */
interface Backup {
  readonly engine: CrashableEngine
  readonly ledger: Ledger
  readonly sessions: readonly string[]
}

/** Timers that run while something is waited for. */
const mostSteps = 100_000

/** How long a run is its process's without a sign of life, in ms. */
export const lease = 300

/** All there is in one simulation: time, chance, hosts, what was promised, and the first failure. */
export class World {
  readonly random: Random
  readonly scheduler = new Scheduler()
  /** Where clients are: never paused, never killed. */
  readonly outside = new SimulatedProcess('outside', this.scheduler)
  readonly hosts: readonly [Place, Place]
  ledger = new Ledger()
  sessions: string[] = []
  /** Transcripts that grow elsewhere, by the session that they are brought into. */
  readonly foreign = new Map<string, ImportedRow[]>()
  /** Longest time between two beats of a process, in ms. */
  readonly silences = new Map<string, number>()
  /** Whether old entries are removed. */
  readonly retains: boolean
  /** Whether nothing goes wrong any more and everybody catches up. */
  calm = false
  readonly #visit: (sessionId: string) => void
  readonly #trace: ((line: string) => void) | undefined
  readonly #ids = new Map<string, number>()
  readonly #engines: CrashableEngine[]
  #engine: CrashableEngine
  #backup: Backup | undefined
  #failure: { error: unknown } | undefined

  constructor({ seed, engine, trace }: WorldOptions, { inhabit, visit }: Population) {
    this.#visit = visit
    this.random = new Random(seed)
    this.#engine = engine
    this.#engines = [engine]
    this.#trace = trace
    const { random, scheduler } = this
    const store = storeOptions(random)
    this.retains = store.retention !== false
    const place = (name: string): Place => {
      const weather = new Weather(random)
      const options = { name, scheduler, random, store, inhabit, fate: weather.fate }
      const traced = (who: string, what: string) => this.trace(who, what)
      return {
        weather,
        host: new Host({ ...options, trace: traced, factory: () => this.#engine.factory }),
      }
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
      if (life.killed.aborted || (life.leaving && isClosed(error))) return
      this.fail(error)
    })
  }

  fail(error: unknown): void {
    if (!this.#failure) this.trace('', () => `FAILS: ${String(error)}`)
    this.#failure ??= { error }
  }

  /** Lets time pass; throws what has failed. */
  async pass(ms: number): Promise<void> {
    const end = this.scheduler.elapsed + ms
    while (this.scheduler.elapsed < end) await this.#step(end)
  }

  /** Lets time pass until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = () => (over = true)
    work.then(end, end)
    await settle()
    for (let steps = 0; !over; steps++) {
      assert(steps < mostSteps, 'Something is waited for in vain.')
      await this.#step()
    }
    return work
  }

  async #step(end?: number): Promise<void> {
    await this.scheduler.step(end)
    if (this.#failure) throw this.#failure.error
  }

  /** A pause of `life` between these lengths, in ms. */
  rest(life: SimulatedProcess, from: number, to: number, signal?: AbortSignal): Promise<void> {
    return sleep(life, from + (to - from) * this.random.next(), signal)
  }

  /** What a reading comes to, once the database gives it. */
  async persist<T>(life: SimulatedProcess, read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read()
      } catch (error) {
        if (!(error instanceof StorageError) || error.failure === 'closed') throw error
        await this.rest(life, 1, 50)
      }
    }
  }

  /** There is a new session. */
  opened(sessionId: string): void {
    this.sessions.push(sessionId)
    this.#visit(sessionId)
  }

  /** A session is about to be deleted: nothing more is expected of it. */
  removed(sessionId: string): void {
    this.sessions = this.sessions.filter((id) => id !== sessionId)
  }

  /** Keeps the database as it is now. */
  keepBackup(): void {
    const engine = this.#engine.crashed()
    this.#engines.push(engine)
    this.#backup = { engine, ledger: this.ledger.copy(), sessions: [...this.sessions] }
  }

  /** Ends every process and puts the database back; whether there is a backup. */
  restoreBackup(): boolean {
    if (!this.#backup) return false
    for (const { host } of this.hosts) host.killAll()
    const { engine, ledger, sessions } = this.#backup
    this.#backup = undefined
    this.#engine = engine
    this.ledger = ledger
    const deleted = sessions.filter((id) => !this.sessions.includes(id))
    this.sessions = [...sessions]
    for (const id of deleted) this.#visit(id)
    return true
  }

  /** Lets go of everything. */
  async end(): Promise<void> {
    for (const { host } of this.hosts) await host.end()
    for (const engine of this.#engines) engine.dispose()
  }
}

/** Stores of one world have the same settings. */
function storeOptions(random: Random): Omit<StoreOptions, 'storage'> {
  return {
    limits: { windowMessages: 6, pageDefault: 3 },
    updates: { capacity: random.pick([1, 4, 64]) },
    flush: { windowMs: random.pick([0, 33, 33, 33]), firstDelta: random.chance(0.3) },
    retention: random.chance(0.3) ? { events: random.between(20, 80) } : false,
  }
}

/** How calls of a store that is closing end. */
function isClosed(error: unknown): boolean {
  return (
    (error instanceof CaughtupError && error.code === 'UNAVAILABLE') ||
    (error instanceof StorageError && error.failure === 'closed')
  )
}
