import { type Clock, systemClock } from '@caughtup/schema/clock'

import { StorageError } from '../../port/storage-error.ts'
import type { Storage, StorageFactory } from '../../port/storage.ts'

/** A database for one case. */
export interface TestDatabase {
  /** Some cases open it several times at once, as several processes would. */
  factory: StorageFactory
  /** For an engine that makes backups: an unused path, and how a backup there is opened. */
  backup?: { path: string; factory: StorageFactory }
  /** Called at the end, after everything was closed. */
  remove?(): void | Promise<void>
}

/** Checks by the fact that they prove. */
export type Cases = Readonly<Record<string, (bed: Bed) => Promise<void>>>

/** A case's database, its openings, and new sessions. */
export class Bed {
  readonly database: TestDatabase
  readonly seed: number
  readonly #another: () => Promise<TestDatabase>
  #other: TestDatabase | undefined
  readonly #opened: Storage[] = []
  #skipped = 0
  #sessions = 0

  /** `another` creates an empty database beside this one. */
  constructor(database: TestDatabase, seed: number, another: () => Promise<TestDatabase>) {
    this.database = database
    this.seed = seed
    this.#another = another
  }

  /** The machine's clock plus the skipped time. */
  readonly #clock: Clock = {
    now: () => systemClock.now() + this.#skipped,
    monotonic: () => systemClock.monotonic() + this.#skipped,
    after: (ms, callback) => systemClock.after(ms, callback),
  }

  get now(): number {
    return this.#clock.now()
  }

  /** Moves the clock forward by `ms`, for maintenance that is done now and then. */
  skip(ms: number): void {
    this.#skipped += ms
  }

  async open(factory = this.database.factory): Promise<Storage> {
    const storage = await factory.open({ clock: this.#clock, random: Math.random })
    this.#opened.push(storage)
    return storage
  }

  /** Opens the case's other database, which is empty at first. */
  async openOther(): Promise<Storage> {
    this.#other ??= await this.#another()
    return this.open(this.#other.factory)
  }

  /** A new session's id. */
  async session(
    storage: Storage,
    { members = ['ann'], title = '', createdAt = 1 }: Partial<NewSessionOptions> = {},
  ): Promise<string> {
    const id = `session-${++this.#sessions}`
    await storage.createSession({ id, title, createdAt, members })
    return id
  }

  /** A storage with a session. */
  async start(): Promise<{ storage: Storage; session: string }> {
    const storage = await this.open()
    return { storage, session: await this.session(storage) }
  }

  async close(): Promise<void> {
    for (const storage of this.#opened) {
      await storage.close().catch((error: unknown) => {
        if (!(error instanceof StorageError && error.failure === 'closed')) throw error
      })
    }
    await this.database.remove?.()
    await this.#other?.remove?.()
  }
}

interface NewSessionOptions {
  members: readonly string[]
  title: string
  createdAt: number
}
