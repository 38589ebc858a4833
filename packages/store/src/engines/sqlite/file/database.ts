import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { StorageError, type StorageFailure } from '../../../port/storage-error.ts'
import { FileIdentity } from './file-identity.ts'
import { migrate, versionOf } from './schema.ts'

export interface DatabaseOptions {
  path: string
  durability: 'normal' | 'full'
  exclusive?: boolean
}

/**
 * How long SQLite itself waits for a lock, in ms. Such a wait blocks the whole process, including
 * its heartbeats, so `retryBusy` and the batch writer do the longer waiting.
 */
const busyTimeout = 5

/**
 * Bytes of a page, half of SQLite's default. A session with one short answer then takes a third less
 * of the file, and writes a third less. A quarter of the default would save nothing more, because
 * long rows get larger (measured in `benches/`).
 */
const pageSize = 2_048

/** When the write-ahead log has this many bytes, SQLite moves its pages to the database file. */
const checkpointBytes = 4 * 1024 * 1024

/** How often `assertInPlace(now)` really looks whether the files are still in their place, in ms. */
const checkEvery = 1_000

/** A SQLite file, with prepared statements, transactions, and errors that callers can tell apart. */
export class Database {
  readonly #db: DatabaseSync
  readonly #file: string
  /** Absent for a database in memory. */
  readonly #identity: FileIdentity | undefined
  #nextCheck = 0
  readonly #statements = new Map<string, StatementSync>()
  /** How many entries, messages and records could not be decoded; each read of one counts again. */
  unreadable = 0

  constructor({ path: file, durability, exclusive = false }: DatabaseOptions) {
    this.#file = file
    this.#db = opening(file, () => {
      if (file !== ':memory:') mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
      return new DatabaseSync(file, { timeout: busyTimeout })
    })
    opening(file, () => {
      try {
        // Before the first read: every other connection to the file then finds it locked, and with one there
        // this one does.
        if (exclusive) this.#db.exec('PRAGMA locking_mode = EXCLUSIVE')
        // Refuses another program's file before anything is written into it.
        versionOf(this.#db, file)
        // These two only affect a new file. A commit writes whole pages, and each row wastes about
        // half a page, so pages are small. With auto_vacuum, `shrink` can return freed pages to the
        // file system without rewriting the file.
        this.#db.exec(`PRAGMA page_size = ${pageSize}`)
        this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL')
        this.#db.exec('PRAGMA journal_mode = WAL')
        this.#db.exec(`PRAGMA wal_autocheckpoint = ${checkpointBytes / pageSize}`)
        this.#db.exec(`PRAGMA synchronous = ${durability}`)
        // Overwrites deleted data with zeros. This writes a tenth more, and takes no more CPU time.
        // `FAST` would cost nothing, but leaves old bytes in pages that are reused for shorter data.
        this.#db.exec('PRAGMA secure_delete = ON')
        migrate(this.#db, file)
        // The first read creates the files of the write-ahead log, which FileIdentity looks for.
        this.#db.exec('SELECT count(*) FROM sqlite_schema')
      } catch (error) {
        this.#db.close()
        throw error
      }
    })
    if (file !== ':memory:') this.#identity = new FileIdentity(file)
  }

  /**
   * @param now - the time in ms; if given, the files are looked for only once a second
   * @throws StorageError `moved` if the opened files are no longer in their place
   */
  assertInPlace(now = Infinity): void {
    if (!this.#identity || !this.#db.isOpen || now < this.#nextCheck) return
    if (now !== Infinity) this.#nextCheck = now + checkEvery
    this.#identity.assertInPlace()
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return withStorageErrors(() => this.#statement(sql).all(...values))
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return withStorageErrors(() => this.#statement(sql).get(...values))
  }

  /** Yields the rows one at a time, so that a caller can stop early. */
  *iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const rows = withStorageErrors(() => this.#statement(sql).iterate(...values))
    try {
      for (
        let row = withStorageErrors(() => rows.next());
        !row.done;
        row = withStorageErrors(() => rows.next())
      ) {
        yield row.value
      }
    } finally {
      rows.return?.()
    }
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastId: number } {
    const { changes, lastInsertRowid } = withStorageErrors(() =>
      this.#statement(sql).run(...values),
    )
    return { changes: Number(changes), lastId: Number(lastInsertRowid) }
  }

  /**
   * A number that changes when another connection commits
   * (https://sqlite.org/pragma.html#pragma_data_version).
   */
  dataVersion(): number {
    return Number(this.get('PRAGMA data_version')?.['data_version'])
  }

  /** Size of the database and its write-ahead log, in bytes. */
  fileBytes(): number {
    if (this.#file === ':memory:') return 0
    return [this.#file, `${this.#file}-wal`].reduce(
      (bytes, file) => bytes + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  /**
   * Copies the database while reads and writes continue. The copy has the state of one moment, and
   * gets its name only when it is complete.
   */
  async backup(target: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    // Throws if the database is closed.
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

  /** Copies from a connection of its own in a read transaction, so that it sees no later commits. */
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

  /** Runs `work` in a write transaction, and rolls it back if `work` throws. */
  transaction<T>(work: () => T): T {
    this.assertInPlace()
    return this.#within('BEGIN IMMEDIATE', work)
  }

  /** Runs `work` in a read transaction, so that all its reads see the same state. */
  snapshot<T>(work: () => T): T {
    return this.#within('BEGIN', () => {
      // `BEGIN` alone does not fix the state that is seen; the first read does.
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
      // A file that was moved away or emptied looks damaged; `moved` is the more helpful error.
      if (error instanceof StorageError && error.failure === 'corrupt') this.assertInPlace()
      throw error
    }
  }

  /** Returns unused pages to the file system. */
  shrink(): void {
    withStorageErrors(() => this.#db.exec('PRAGMA incremental_vacuum'))
  }

  /** Rewrites the whole file, without its unused bytes. */
  rewrite(): void {
    withStorageErrors(() => this.#db.exec('VACUUM'))
  }

  /** Moves the write-ahead log to the database file; empties it if no other connection reads it. */
  checkpoint(): void {
    withStorageErrors(() => this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
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
  // Every `io` may pass by itself.
  7: 'io', // out of memory
  8: 'io', // the file became read-only
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'io', // the file cannot be opened
  15: 'io', // the locking protocol failed
  26: 'corrupt',
}

/** Runs `call`, and names the file if it throws. */
function opening<T>(file: string, call: () => T): T {
  try {
    return withStorageErrors(call)
  } catch (error) {
    const failure = error instanceof StorageError ? error.failure : 'io'
    const message = error instanceof Error ? error.message : String(error)
    throw new StorageError(failure, `The database ${file} cannot be opened: ${message}`, {
      cause: error,
    })
  }
}

/** Runs `call`, and throws SQLite's errors as StorageErrors. */
function withStorageErrors<T>(call: () => T): T {
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
