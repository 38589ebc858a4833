import { randomUUID } from 'node:crypto'

import { CaughtupError } from '@caughtup/schema'
import pg, { type Pool } from 'pg'

import { assertInput } from '../../input/assert-input.ts'
import { type Kind, object, oneOf, positiveDuration, text } from '../../input/kinds.ts'
import type { StorageFactory } from '../../port/storage.ts'
import { RowStorage } from '../rows/row-storage.ts'
import { asStorageError, Client } from './connection/client.ts'
import { listen } from './connection/listen.ts'
import { migrate } from './connection/schema.ts'
import { PostgresTables } from './tables/tables.ts'

export interface PostgresOptions {
  /** The host's own pool of node-postgres. It stays open when the store is closed. */
  pool?: Pool
  /** The address of the database, for a pool of the store's own. */
  url?: string
  /** The schema of the tables; it is made if it is missing. @default 'caughtup' */
  schema?: string
  /**
   * Ms after which a statement is given up, and its connection closed: a read or a transaction has failed then, and
   * of an append it is found out whether it was made.
   * @default 30,000
   */
  statementTimeout?: number
  /**
   * What a commit survives: `normal` the end of the process, `full` also a crash of PostgreSQL. After a crash with
   * `normal` the newest commits may be gone (those of the last 0.6 s); clients notice it. Whether a commit waits for
   * a standby is for the server to say, and with `normal` none does.
   * @default the server's `synchronous_commit`
   */
  durability?: 'normal' | 'full'
}

const address = { ...text, words: 'the address of a database: give it, or a pool' }
/** The channel of a schema has its name, and 63 bytes at most. */
const schemaName: Kind = {
  words: 'the name of a schema: 1 to 50 letters, digits and underscores',
  is: (value) => typeof value === 'string' && /^\w{1,50}$/.test(value),
}

/** LISTEN would succeed through it, and hear nothing. */
function pooledWithoutBus(): CaughtupError {
  return new CaughtupError(
    'BAD_INPUT',
    'The database is behind a pooler such as PgBouncer in transaction mode, through which NOTIFY is not heard: ' +
      'give the store a bus of its own, such as `redis({ url })`, or an address that leads to the server itself.',
  )
}

/**
 * Sessions in PostgreSQL (14 or later), for any number of processes. They tell each other of changes by NOTIFY,
 * over one more connection per store, unless the store has another `bus`. Commits are as durable as `durability` or
 * the server says; what a crash or a failover loses all processes and their clients notice.
 *
 * @throws CaughtupError `BAD_INPUT` for other options, and on opening where the database is behind a pooler and the
 *   store has no `bus`; on opening, StorageError if the database cannot be reached or has tables of another version
 */
export function postgres(options: PostgresOptions): StorageFactory {
  assertInput('options', options, object)
  const { pool: given, url, schema = 'caughtup', statementTimeout = 30_000, durability } = options
  if (!given) assertInput('url', url, address)
  assertInput('schema', schema, schemaName)
  assertInput('statementTimeout', statementTimeout, positiveDuration)
  if (durability !== undefined) assertInput('durability', durability, oneOf('normal', 'full'))
  return {
    async open({ clock, random, bus: otherBus }) {
      const pool = given ?? new pg.Pool({ connectionString: url })
      const config = given ? given.options : { connectionString: url }
      let bus = otherBus
      const client = new Client({
        pool,
        schema: pg.escapeIdentifier(schema),
        clock,
        statementTimeout,
        ...(durability && { durability }),
      })
      const close = async () => {
        client.close()
        if (!given) await pool.end()
      }
      try {
        if ((await client.findPooler()) && !bus) throw pooledWithoutBus()
        await migrate(pool, schema)
        bus ??= await listen({ config, schema, clock, name: randomUUID() })
      } catch (error) {
        await close()
        throw error instanceof CaughtupError ? error : asStorageError(error, 'busy')
      }
      return new RowStorage({ tables: new PostgresTables(client), bus, clock, random, close })
    },
  }
}
