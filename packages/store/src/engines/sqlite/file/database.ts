import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { StorageError, type StorageFailure } from '../../../port/storage-error.ts'
import { FileIdentity } from './file-identity.ts'
import { migrate, versionOf } from './schema.ts'

export interface DatabaseOptions {
  path: string
  durability: 'normal' | 'full'
}

/**
 * How long SQLite itself waits for a lock, in ms. It blocks the process meanwhile, heartbeats
 * included, so longer waits are `retryBusy`'s.
 */
const busyTimeout = 5

/**
 * Bytes of a page. With half of SQLite's default, a session of one short answer takes two thirds of
 * the file and of what is written; with a quarter, long rows make up for it (`benches/`).
 */
const pageSize = 2_048

/** Bytes of the write-ahead log from which its pages are moved to the database. */
const checkpointBytes = 4 * 1024 * 1024

/** How often a reader checks that the files are still in their place, in ms. */
const lookEvery = 1_000

/** A SQLite file: prepared statements, write transactions, and errors with a name. */
export class Database {
  readonly #db: DatabaseSync
  readonly #file: string
  /** Absent for a database in memory. */
  readonly #identity: FileIdentity | undefined
  #nextLook = 0
  readonly #statements = new Map<string, StatementSync>()
  /** Entries, messages and records that could not be decoded, counted at each read. */
  unreadable = 0

  constructor({ path: file, durability }: DatabaseOptions) {
    this.#file = file
    this.#db = opened(file, () => {
      if (file !== ':memory:') mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
      return new DatabaseSync(file, { timeout: busyTimeout })
    })
    opened(file, () => {
      try {
        // Before anything is written into it.
        versionOf(this.#db, file)
        // Of a new file: a commit writes whole pages, and a row leaves half a one empty; and freed
        // pages can be given back without rewriting it.
        this.#db.exec(`PRAGMA page_size = ${pageSize}`)
        this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL')
        this.#db.exec('PRAGMA journal_mode = WAL')
        this.#db.exec(`PRAGMA wal_autocheckpoint = ${checkpointBytes / pageSize}`)
        this.#db.exec(`PRAGMA synchronous = ${durability}`)
        // What is deleted is overwritten: a tenth more is written, and CPU is as before. `FAST` would
        // cost nothing, and leave what was in a page that is used again for less.
        this.#db.exec('PRAGMA secure_delete = ON')
        migrate(this.#db, file)
        // Reading makes the files of the write-ahead log.
        this.#db.exec('SELECT count(*) FROM sqlite_schema')
      } catch (error) {
        this.#db.close()
        throw error
      }
    })
    if (file !== ':memory:') this.#identity = new FileIdentity(file)
  }

  /**
   * Given the time in ms, it looks only once a second.
   *
   * @throws StorageError `moved` when the files that were opened are not at their place any more
   */
  assertInPlace(now = Infinity): void {
    if (!this.#identity || !this.#db.isOpen || now < this.#nextLook) return
    if (now !== Infinity) this.#nextLook = now + lookEvery
    this.#identity.assertInPlace()
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return named(() => this.#statement(sql).all(...values))
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return named(() => this.#statement(sql).get(...values))
  }

  /** Rows one at a time, for reads that stop early. */
  *iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const rows = named(() => this.#statement(sql).iterate(...values))
    try {
      for (let row = named(() => rows.next()); !row.done; row = named(() => rows.next())) {
        yield row.value
      }
    } finally {
      rows.return?.()
    }
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastId: number } {
    const { changes, lastInsertRowid } = named(() => this.#statement(sql).run(...values))
    return { changes: Number(changes), lastId: Number(lastInsertRowid) }
  }

  /** Moves when another connection has committed (https://sqlite.org/pragma.html#pragma_data_version). */
  dataVersion(): number {
    return Number(this.get('PRAGMA data_version')?.['data_version'])
  }

  /** Bytes of the database and its write-ahead log. */
  fileBytes(): number {
    if (this.#file === ':memory:') return 0
    return [this.#file, `${this.#file}-wal`].reduce(
      (bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  /** Writes a consistent copy while reads and writes continue; it gets its name once it is complete. */
  async backup(target: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    // Fails when it is closed.
    this.dataVersion()
    this.assertInPlace()
    if (existsSync(target)) {
      throw new StorageError('io', `${target} exists: a backup overwrites nothing.`)
    }
    const partial = `${target}.partial`
    try {
      await this.#copy(partial, signal)
      signal?.throwIfAborted()
      renameSync(partial, target)
    } catch (error) {
      rmSync(partial, { force: true })
      if (signal?.aborted) throw signal.reason
      const message = error instanceof Error ? error.message : String(error)
      const failure = error instanceof Error ? failureOf(error) : undefined
      throw new StorageError(failure ?? 'io', `The backup to ${target} failed: ${message}`, {
        cause: error,
      })
    }
  }

  /** From a connection that reads one moment: commits meanwhile do not disturb it. */
  async #copy(target: string, signal: AbortSignal | undefined): Promise<void> {
    const progress = () => signal?.throwIfAborted()
    if (this.#file === ':memory:') {
      await backup(this.#db, target, { progress })
      return
    }
    const reader = new DatabaseSync(this.#file, { readOnly: true, timeout: busyTimeout })
    try {
      reader.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
      await backup(reader, target, { progress })
    } finally {
      reader.close()
    }
  }

  /** Runs `work` in a write transaction; what throws in it changes nothing. */
  transaction<T>(work: () => T): T {
    this.assertInPlace()
    return this.#within('BEGIN IMMEDIATE', work)
  }

  /** Runs `work`, all of whose reads see one moment. */
  snapshot<T>(work: () => T): T {
    return this.#within('BEGIN', () => {
      // The first read fixes the moment.
      this.get('SELECT 1 FROM sessions LIMIT 1')
      return work()
    })
  }

  #within<T>(begin: string, work: () => T): T {
    this.run(begin)
    try {
      const result = work()
      this.run('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      // An emptied file looks like a damaged one.
      if (error instanceof StorageError && error.failure === 'corrupt') this.assertInPlace()
      throw error
    }
  }

  /** Returns unused pages to the file system. */
  shrink(): void {
    named(() => this.#db.exec('PRAGMA incremental_vacuum'))
  }

  /** Writes the whole file anew, without what is unused in it. */
  rewrite(): void {
    named(() => this.#db.exec('VACUUM'))
  }

  /** Moves the write-ahead log to the database and empties it, where nobody reads from it. */
  checkpoint(): void {
    named(() => this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

export type Row = Record<string, unknown>

/** Primary result codes of SQLite (https://sqlite.org/rescode.html) that a caller can act on. */
const failures: Record<number, StorageFailure> = {
  5: 'busy',
  6: 'busy',
  // Out of memory, read-only by now, not to be opened, locks that fail: all may pass.
  7: 'io',
  8: 'io',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'io',
  15: 'io',
  26: 'corrupt',
}

/** Errors of opening name the file. */
function opened<T>(file: string, call: () => T): T {
  try {
    return named(call)
  } catch (error) {
    const failure = error instanceof StorageError ? error.failure : 'io'
    const message = error instanceof Error ? error.message : String(error)
    throw new StorageError(failure, `The database ${file} cannot be opened: ${message}`, {
      cause: error,
    })
  }
}

function named<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const failure = failureOf(error)
    if (failure === 'closed') {
      throw new StorageError('closed', 'The database is closed.', { cause: error })
    }
    if (failure) throw new StorageError(failure, `SQLite: ${error.message}`, { cause: error })
    throw error
  }
}

function failureOf(error: Error): StorageFailure | undefined {
  if ('code' in error && error.code === 'ERR_INVALID_STATE') return 'closed'
  return 'errcode' in error && typeof error.errcode === 'number'
    ? failures[error.errcode & 0xff]
    : undefined
}
