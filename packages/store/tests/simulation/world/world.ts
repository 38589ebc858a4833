import assert from 'node:assert/strict'

import { CaughtupError } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'

import type { CrashableEngine } from '../../support/crashable-engine.ts'
import type { ImportedRow } from '../../../src/import/imported-row.ts'
import { StorageError } from '../../../src/port/storage-error.ts'
import type { StoreOptions } from '../../../src/options/store-options.ts'
import { type Counts, noCounts } from './counts.ts'
import { Host, type Incarnation } from './host.ts'
import { Ledger } from './ledger.ts'
import { Membership } from './membership.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { Weather } from './weather.ts'

export interface WorldOptions {
  seed: number
  engine: CrashableEngine
  /** Receives the lines of the trace. */
  trace?: (line: string) => void
}

/** The inhabitants of a world. */
export interface Population {
  /** Starts work in a new process. */
  inhabit: (incarnation: Incarnation) => void
  /** Sends clients to a new session. */
  visit: (sessionId: string) => void
}

/** A host with its database connection. */
interface Place {
  readonly host: Host
  readonly weather: Weather
}

/** A copy of the database, with the ledger of that moment. */
interface Backup {
  readonly engine: CrashableEngine
  readonly ledger: Ledger
  readonly sessions: readonly string[]
}

/** The most timers that run while the world waits for something. */
const mostSteps = 100_000

/** How long a silent process keeps its runs, in ms. */
export const lease = 300

/** One simulation: time, chance, hosts, the ledger of promises, and the first failure. */
export class World {
  readonly random: Random
  readonly scheduler: Scheduler
  /** The process of the clients, which is never paused or killed. */
  readonly outside: SimulatedProcess
  readonly hosts: readonly [Place, Place]
  ledger = new Ledger()
  sessions: string[] = []
  /** Growing transcripts, by the session that they are imported into. */
  readonly foreign = new Map<string, ImportedRow[]>()
  /** The longest time between two heartbeats of a process, in ms. */
  readonly silences = new Map<string, number>()
  /** Whether old entries are removed. */
  readonly retains: boolean
  readonly counts = noCounts()
  /** Who is told what, and when it must end. */
  readonly membership = new Membership()
  /** Whether faults have ended and everybody catches up. */
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
    this.scheduler = new Scheduler(engine.settled)
    this.outside = new SimulatedProcess('outside', this.scheduler)
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

  /** Adds a line to the trace; calls `what` only if the trace is read. */
  trace(who: string, what: string | (() => string)): void {
    if (!this.#trace) return
    const time = this.scheduler.elapsed.toFixed(1).padStart(8)
    this.#trace(`${time} ${who.padEnd(8)} ${typeof what === 'string' ? what : what()}`)
  }

  /** A unique name, such as `run-3`. */
  name(kind: string): string {
    const number = (this.#ids.get(kind) ?? 0) + 1
    this.#ids.set(kind, number)
    return `${kind}-${number}`
  }

  count(what: keyof Counts): void {
    this.counts[what]++
  }

  /** Runs work in the background; its failure in a living process fails the simulation. */
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

  /** Lets time pass. @throws the first failure */
  async pass(ms: number): Promise<void> {
    const end = this.scheduler.elapsed + ms
    while (this.scheduler.elapsed < end) await this.#step(end)
  }

  /** Lets time pass until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false
    const end = () => (over = true)
    work.then(end, end)
    await this.#engine.settled()
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

  /** The result of a read, repeated until the database answers. */
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

  /** Adds a new session. */
  opened(sessionId: string): void {
    this.sessions.push(sessionId)
    this.#visit(sessionId)
  }

  /** Marks a session as about to be deleted, so that nothing more is expected of it. */
  removed(sessionId: string): void {
    this.sessions = this.sessions.filter((id) => id !== sessionId)
  }

  /** Makes a backup of the database. */
  keepBackup(): void {
    const engine = this.#engine.crashed()
    this.#engines.push(engine)
    this.#backup = { engine, ledger: this.ledger.copy(), sessions: [...this.sessions] }
  }

  /** Ends every process and restores the backup. Returns whether there is one. */
  restoreBackup(): boolean {
    if (!this.#backup) return false
    for (const { host } of this.hosts) host.killAll()
    const { engine, ledger, sessions } = this.#backup
    this.#backup = undefined
    this.#engine = engine
    this.ledger = ledger
    this.membership.forget()
    const deleted = sessions.filter((id) => !this.sessions.includes(id))
    this.sessions = [...sessions]
    for (const id of deleted) this.#visit(id)
    return true
  }

  /** Releases everything. */
  async end(): Promise<void> {
    for (const { host } of this.hosts) await host.end()
    for (const engine of this.#engines) await engine.dispose()
  }
}

/** The settings of all stores of a world. */
function storeOptions(random: Random): Omit<StoreOptions, 'storage'> {
  return {
    limits: { windowMessages: 6, pageDefault: 3, versionsPerPlace: 3 },
    updates: { capacity: random.pick([1, 4, 64]) },
    flush: { windowMs: random.pick([0, 33, 33, 33]), firstDelta: random.chance(0.3) },
    retention: random.chance(0.3) ? { events: random.between(20, 80) } : false,
  }
}

/** Whether an error is one that a closing store throws. */
function isClosed(error: unknown): boolean {
  return (
    (error instanceof CaughtupError && error.code === 'UNAVAILABLE') ||
    (error instanceof StorageError && error.failure === 'closed')
  )
}
