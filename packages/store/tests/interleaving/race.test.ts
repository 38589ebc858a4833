import { postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { postgres } from '../../src/engines/postgres/index.ts'
import { figure, long } from '../support/long.ts'
import { newSeed } from '../support/open-storage.ts'

import { race } from './race.ts'

/** An hour passes with each ms, so that retention looks again each time. */
const hurried = { ...systemClock, monotonic: () => systemClock.monotonic() * 3_600_000 }
const ms = long ? 30_000 : 3_000

/** A process: its own pool, and an opening. */
async function process(config: pg.PoolConfig, schema: string) {
  const pool = new pg.Pool(config)
  const storage = await postgres({ pool, schema }).open({ clock: hurried, random: Math.random })
  onTestFinished(async () => {
    await storage.close()
    await pool.end()
  })
  return storage
}

/** Terminates a random connection of this name again and again; returns what ends that. */
function terminating(pool: pg.Pool, name: string) {
  let over = false
  let terminated = 0
  const work = (async () => {
    while (!over) {
      const { rowCount } = await pool.query(
        `SELECT pg_terminate_backend(pid), pg_sleep(0.05) FROM (SELECT pid FROM pg_stat_activity
           WHERE application_name = $1 ORDER BY random() LIMIT 1) any_one`,
        [name],
      )
      terminated += rowCount ?? 0
    }
  })()
  return async () => {
    over = true
    await work
    expect(terminated).toBeGreaterThan(10)
  }
}

test.each([
  { how: '', isFaulty: false },
  { how: ' while their connections are terminated', isFaulty: true },
])(
  'three processes that race on PostgreSQL$how give no seq twice, leave no hole and lose nothing',
  async ({ how, isFaulty }) => {
    const seed = newSeed()
    const { pool, schema, remove } = await postgresSchema()
    onTestFinished(remove)
    const name = `${schema}_racing`
    const config = { ...pool.options, application_name: name, max: 4 }
    const storages = await Promise.all([1, 2, 3].map(() => process(config, schema)))
    const disturb = () => terminating(pool, name)
    const options = { seed, storages, ms, ...(isFaulty && { disturb }) }
    const raced = await race(options).catch((cause: unknown) => {
      throw new Error(`Seed ${seed} failed: ${String(cause)}`, { cause })
    })
    figure(`a race${how}, seed ${seed}: ${JSON.stringify(raced)}`)
    expect(raced.entries).toBeGreaterThan(50)
    expect(raced.fed).toBeGreaterThan(5)
  },
  ms + 120_000,
)
