import { postgresServer } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import { settle } from '@caughtup/schema/testing'
import pg from 'pg'

import { postgres } from '../../src/engines/postgres/index.ts'
import type { Storage, StorageFactory } from '../../src/port/storage.ts'
import type { CrashableEngine } from './crashable-engine.ts'

let pool: Promise<pg.Pool> | undefined
/** Schemas whose tables are made and empty: to empty them takes a hundredth of the time to make them. */
const free: string[] = []
let made = 0

function sharedPool(): Promise<pg.Pool> {
  pool ??= (async () => {
    const shared = new pg.Pool({
      connectionString: await postgresServer(),
      max: 10,
      allowExitOnIdle: true,
    })
    return shared.setMaxListeners(0)
  })()
  return pool
}

async function emptySchema(): Promise<string> {
  const found = free.pop()
  if (found) return found
  const schema = `engine_${process.pid}_${++made}`
  const factory = postgres({ pool: await sharedPool(), schema })
  await (await factory.open({ clock: systemClock, random: Math.random })).close()
  return schema
}

async function tablesOf(schema: string): Promise<string[]> {
  const { rows } = await (
    await sharedPool()
  ).query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'meta' ORDER BY 1`,
    [schema],
  )
  return rows.map(({ name }) => name)
}

async function giveBack(schema: string): Promise<void> {
  const deletes = (await tablesOf(schema)).map((table) => `DELETE FROM ${schema}.${table}`)
  await (await sharedPool()).query(deletes.join(';'))
  free.push(schema)
}

/** The tables of `from` as of one moment, in another schema. */
async function copyOf(from: string): Promise<string> {
  const to = await emptySchema()
  const client = await (await sharedPool()).connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const table of await tablesOf(from)) {
      await client.query(
        `INSERT INTO ${to}.${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${from}.${table}`,
      )
    }
    for (const [table, column] of [
      ['sessions', 'key'],
      ['owed', 'number'],
    ]) {
      // Behind both: neither schema gives a key twice.
      await client.query(
        `SELECT setval('${to}.${table}_${column}_seq', greatest((SELECT last_value FROM ${to}.${table}_${column}_seq),
           (SELECT last_value FROM ${from}.${table}_${column}_seq)))`,
      )
    }
    await client.query('COMMIT')
    return to
  } finally {
    client.release()
  }
}

/** Calls of a database that are under way. */
class Calls {
  #pending = 0
  #ended = Promise.withResolvers<void>()

  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#pending++
    try {
      return await call()
    } finally {
      this.#pending--
      this.#ended.resolve()
      this.#ended = Promise.withResolvers()
    }
  }

  async over(): Promise<void> {
    for (await settle(); this.#pending > 0; await settle()) await this.#ended.promise
  }
}

/** Counts all calls, but not those that wait for changes of others. */
function counted<T extends object>(target: T, calls: Calls): T {
  return new Proxy(target, {
    get(_, property) {
      const member: unknown = Reflect.get(target, property)
      if (property === 'owed' && typeof member === 'object' && member) return counted(member, calls)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (property === 'stats') return Reflect.apply(member, target, args)
        return calls.during(async () => Reflect.apply(member, target, args))
      }
    },
  })
}

/** An empty database on a real PostgreSQL: a schema of its own. */
export function postgresEngine(): CrashableEngine {
  return onSchema(emptySchema(), new Calls())
}

function onSchema(schema: Promise<string>, calls: Calls): CrashableEngine {
  const ready = calls.during(() => schema)
  ready.catch(() => undefined)
  const factory: StorageFactory = {
    open: (options) =>
      calls.during(async (): Promise<Storage> => {
        const real = postgres({ pool: await sharedPool(), schema: await ready })
        return counted(await real.open(options), calls)
      }),
  }
  return {
    factory,
    crashed: () =>
      onSchema(
        calls.during(async () => copyOf(await ready)),
        calls,
      ),
    settled: () => calls.over(),
    async dispose() {
      await calls.over()
      await giveBack(await ready)
    },
  }
}
