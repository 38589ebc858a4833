import type { Random } from '@caughtup/schema/testing'

import type { Storage, StorageFactory } from '../../../src/port/storage.ts'
import { createStore, type Store } from '../../../src/store.ts'
import type { StoreOptions } from '../../../src/options/store-options.ts'
import { type Fate, faultyStorage } from './faulty-storage.ts'
import type { Scheduler } from './scheduler.ts'
import { SimulatedProcess } from './simulated-process.ts'

/** A process with its store, from start to end. */
export interface Incarnation {
  readonly life: SimulatedProcess
  readonly store: Store
  readonly storage: Storage
  /** The runs that it executes, from just before their start is committed. */
  readonly executing: Set<string>
}

export interface HostOptions {
  name: string
  scheduler: Scheduler
  random: Random
  factory: () => StorageFactory
  store: Omit<StoreOptions, 'storage'>
  fate: (call: string) => Fate
  /** Starts work in a new process. */
  inhabit: (incarnation: Incarnation) => void
  trace: (who: string, what: string) => void
}

/** A host on which one process after another uses the same database. */
export class Host {
  readonly name: string
  readonly #options: HostOptions
  /** Every process that was ever started here, and its database. */
  readonly #started: { life: SimulatedProcess; database: Storage }[] = []
  #current: Incarnation | undefined
  #waiting: (() => void)[] = []

  constructor(options: HostOptions) {
    this.name = options.name
    this.#options = options
  }

  /** The running process, unless it is shutting down. */
  get current(): Incarnation | undefined {
    return this.#current
  }

  async start(): Promise<void> {
    const { scheduler, random, factory, fate, inhabit, trace } = this.#options
    const life = new SimulatedProcess(`${this.name}${this.#started.length + 1}`, scheduler)
    const { next } = random
    const database = await factory().open({ clock: life, random: next })
    this.#started.push({ life, database })
    const storage = faultyStorage(database, life, fate)
    const opened = { open: async () => storage }
    const store = await createStore({
      ...this.#options.store,
      clock: life,
      random: next,
      storage: opened,
      onError: (error, where) => trace(life.name, `${where} failed: ${String(error)}`),
    })
    const incarnation = { life, store, storage, executing: new Set<string>() }
    this.#current = incarnation
    life.killed.addEventListener(
      'abort',
      () => {
        trace(life.name, 'is gone')
        if (this.#current === incarnation) this.#current = undefined
      },
      { once: true },
    )
    trace(life.name, 'starts')
    inhabit(incarnation)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when a process runs here. */
  async running(): Promise<Incarnation> {
    while (!this.#current) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.#current
  }

  /** Shuts the process down, which commits its pending writes. */
  async shutDown(): Promise<void> {
    const incarnation = this.#current
    if (!incarnation) return
    this.#current = undefined
    incarnation.life.leaving = true
    await incarnation.store.close()
    incarnation.life.kill()
  }

  killAll(): void {
    for (const { life } of this.#started) if (!life.killed.aborted) life.kill()
  }

  /** Closes the databases, including those of killed processes. */
  async end(): Promise<void> {
    this.killAll()
    for (const { database } of this.#started) await database.close()
  }
}
