import { createHash } from 'node:crypto'

import type { Clock } from '@caughtup/schema/clock'
import pg, { type Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg'

import { retryBusy } from '../../../errors/retry-busy.ts'
import { StorageError, type StorageFailure } from '../../../port/storage-error.ts'

/**
 * Runs one statement; `$schema` in it is the schema's name, `$durable` a condition that is true and makes its commit
 * as durable as it is to be, and bigints come as numbers.
 */
export type Run = <Row extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<{ rows: Row[]; rowCount: number }>

const int8 = 20
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format),
}

type Durability = 'normal' | 'full'

/** SQL that is true, and sets what the commit of its transaction waits for. */
const commits = {
  normal: `(SELECT set_config('synchronous_commit', 'off', true) IS NOT NULL)`,
  // Where more is asked for than that it is written, that stays.
  full: `(SELECT CASE current_setting('synchronous_commit') WHEN 'off'
    THEN set_config('synchronous_commit', 'on', true) IS NOT NULL ELSE true END)`,
} satisfies Record<Durability, string>

export interface ClientOptions {
  pool: Pool
  /** Quoted. */
  schema: string
  clock: Clock
  /** Ms. */
  statementTimeout: number
  /** Of transactions, and of single statements that say `$durable`. @default as the server says */
  durability?: Durability
}

/** The types of `pg` do not tell of this. */
interface TimedQuery extends QueryConfig {
  query_timeout: number
}

/** The statements of one schema, over connections of the host's pool. */
export class Client {
  readonly #pool: Pool
  readonly #schema: string
  readonly #clock: Clock
  readonly #timeout: number
  readonly #durable: string
  #isPooled = false
  /** Each statement has its name by its text: the same one always means the same. */
  readonly #prepared = new Map<string, { name: string; text: string }>()

  constructor({ pool, schema, clock, statementTimeout, durability }: ClientOptions) {
    this.#pool = pool
    this.#schema = schema
    this.#clock = clock
    this.#timeout = Math.ceil(statementTimeout)
    this.#durable = durability ? commits[durability] : 'true'
    pool.on('error', onIdleError)
  }

  /**
   * Finds out whether a pooler hands each transaction to any of its server connections, as PgBouncer does: then
   * statements have no names, since another connection would not know them. Returns whether one does.
   */
  async findPooler(): Promise<boolean> {
    const client = await answered(checkOut(this.#pool), 'busy')
    try {
      const { rows } = await answered(
        client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
        'busy',
      )
      this.#isPooled = rows[0]?.pid !== Reflect.get(client, 'processID')
      return this.#isPooled
    } finally {
      checkIn(client)
    }
  }

  /** Leaves the pool as it was found. */
  close(): void {
    this.#pool.off('error', onIdleError)
  }

  /** A read outside of transactions. Over a connection that breaks it is tried again, as `snapshot` is. */
  readonly read: Run = (text, values) =>
    retryBusy(this.#clock, () => this.#on(this.#pool, 'busy')(text, values))
  /** A write outside of transactions: if its answer is lost, it may have been made. */
  readonly write: Run = (text, values) => this.#on(this.#pool, 'unknown')(text, values)

  /** Reads that see one moment. */
  snapshot<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const first = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
    return retryBusy(this.#clock, () => this.#transaction(first, 'busy', work))
  }

  transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    // Its statements look rows up by arrays of keys, for which the planner would plan anew at each call: it sees
    // how long an array is, and takes a plan for any to be dearer.
    const first = `BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL statement_timeout = ${this.#timeout}; SELECT ${this.#durable}`
    return this.#transaction(first, 'unknown', work)
  }

  async #transaction<T>(
    first: string,
    lost: 'busy' | 'unknown',
    work: (run: Run) => Promise<T>,
  ): Promise<T> {
    const client = await answered(checkOut(this.#pool), 'busy')
    const command = (text: string) => client.query(this.#timed({ text }))
    let broken: Error | undefined
    try {
      await answered(command(first), 'busy')
      const result = await work(this.#on(client, 'busy'))
      const ended = await answered(command('COMMIT'), lost)
      // The COMMIT of a transaction that has failed succeeds, as a rollback.
      if (ended.command !== 'COMMIT')
        throw new StorageError('busy', 'The transaction was rolled back.')
      return result
    } catch (error) {
      broken = withoutAnswer(error) ?? (await failureOf(command('ROLLBACK')))
      throw error
    } finally {
      checkIn(client, broken)
    }
  }

  #on(on: Pool | PoolClient, lost: 'busy' | 'unknown'): Run {
    return async (text, values = []) => {
      const { name, text: full } = this.#named(text)
      const config = this.#timed({
        text: full,
        ...(!this.#isPooled && { name }),
        values: [...values],
        types,
      })
      const { rows, rowCount } = await answered(on.query(config), lost)
      return { rows, rowCount: rowCount ?? 0 }
    }
  }

  #timed(config: QueryConfig): TimedQuery {
    return { ...config, query_timeout: this.#timeout }
  }

  #named(text: string) {
    const known = this.#prepared.get(text)
    if (known) return known
    const full = text.replaceAll('$schema', this.#schema).replaceAll('$durable', this.#durable)
    const name = `caughtup_${createHash('sha256').update(full).digest('hex').slice(0, 24)}`
    const made = { name, text: full }
    this.#prepared.set(text, made)
    return made
  }
}

/** `lost`: see {@link asStorageError}. */
async function answered<T>(call: Promise<T>, lost: 'busy' | 'unknown'): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw asStorageError(error, lost)
  }
}

/**
 * A connection of the pool, which listens to those that it keeps and not to those that it gives out. From a
 * promise of the pool's the listener would come too late: what makes a connection ready and what ends it may
 * arrive together.
 */
export function checkOut(pool: Pool): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) return reject(error ?? new Error('The pool gave no connection.'))
      client.on('error', onIdleError)
      resolve(client)
    })
  })
}

/** Gives a connection back, to be closed if it is `broken`. */
export function checkIn(client: PoolClient, broken?: Error | boolean): void {
  client.off('error', onIdleError)
  client.release(broken)
}

/**
 * A connection broke while it had nothing to do: the pool takes another one, or the next statement of a
 * transaction fails. Without a listener the process would end.
 */
function onIdleError(): void {}

/** What a statement failed with that the server has not answered: it may still run, so its connection has to go. */
function withoutAnswer(error: unknown): Error | undefined {
  const cause = error instanceof StorageError ? error.cause : undefined
  return cause instanceof Error && !('severity' in cause) ? cause : undefined
}

async function failureOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** SQLSTATEs, or classes of them, by what they mean here. */
const failures: readonly [start: string, failure: StorageFailure][] = [
  ['53100', 'full'],
  ['58', 'io'],
  ['XX', 'corrupt'],
  ['22', 'corrupt'],
  ['42', 'corrupt'],
]

/** Codes after which nothing was written, and trying again may help. */
const again = /^(40|53|55|57014|25P0)/

export class UniqueViolation extends StorageError {
  constructor(cause: unknown) {
    super('corrupt', 'A row with this key is there already.', { cause })
  }
}

/** `lost`: what it means if the connection broke before there was an answer. */
export function asStorageError(error: unknown, lost: 'busy' | 'unknown'): Error {
  if (error instanceof StorageError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (code === '23505') return new UniqueViolation(cause)
  const [, failure] = failures.find(([start]) => code.startsWith(start)) ?? []
  if (failure) return new StorageError(failure, cause.message, { cause })
  const isNew = again.test(code) || /^(ECONNREFUSED|ENOENT|ENOTFOUND|EAI_AGAIN)$/.test(code)
  const neverSent = /timeout exceeded when trying to connect/.test(cause.message)
  return new StorageError(isNew || neverSent ? 'busy' : lost, cause.message, { cause })
}
