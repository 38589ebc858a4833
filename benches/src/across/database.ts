import { spawnSync } from 'node:child_process'

import { postgresSchema } from '@caughtup/local-services/postgres'

import { ours } from '../measure/bench.ts'
import { cpuOfFamily, parentOf } from '../postgres/server-cpu.ts'
import { startRedis } from '../subscribers/processes/redis-server.ts'

export const overNotify = `${ours}, NOTIFY`
export const overRedis = `${ours}, Redis`

/** Without it, what goes over Redis is left out. */
export const needed = 'redis-server'

export function hasRedis(): boolean {
  return !spawnSync(needed, ['--version']).error
}

/** What processes share. */
export interface Database extends AsyncDisposable {
  /** The addresses of the database and of its Redis, empty for NOTIFY, and the schema between them. */
  args: [url: string, schema: string, redis: string]
  /** User and system time of all of PostgreSQL, in ms; that of Redis is not in it. */
  cpu(): number
}

/** A PostgreSQL that ends with this process, an empty schema in it, and the bus that a side asks for. */
export async function openDatabase(side: string): Promise<Database> {
  const { pool, schema, url, remove } = await postgresSchema()
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const server = parentOf(rows[0]?.pid ?? 0)
  return {
    args: [url, schema, side === overRedis ? await startRedis() : ''],
    cpu: () => cpuOfFamily(server),
    [Symbol.asyncDispose]: remove,
  }
}
