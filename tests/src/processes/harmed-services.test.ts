import { ownPostgres } from '@caughtup/local-services/postgres'
import { hasRedis, redisServer } from '@caughtup/local-services/redis'
import { setTimeout } from 'node:timers/promises'

import { onTestFinished, test } from 'vitest'

import { endsWithTheJournal, seeds } from './ends-with-the-journal.ts'

const isLong = process.env['CAUGHTUP_LONG'] !== undefined

test.skipIf(!hasRedis()).each(seeds)(
  'with seed %i, while Redis and PostgreSQL go and come back, transactions are ended and a pool is full, all devices end with the journal',
  async (seed) => {
    // A server that is paused in a transaction has none when it wakes.
    const database = await ownPostgres(['fsync=off', 'idle_in_transaction_session_timeout=100ms'])
    const redis = await redisServer()
    onTestFinished(() => redis.stop())
    /** Away for a while: within a harm, or when the next one begins. */
    let back = Promise.resolve()
    const away = (
      ms: number,
      harm: () => Promise<void> | void,
      mend: () => Promise<void> | void,
    ) => {
      const before = back
      back = (async () => {
        await before
        await harm()
        await setTimeout(ms)
        await mend()
      })()
    }
    const shared = { redis: redis.url }
    await endsWithTheJournal({
      seed,
      database: { url: database.url, schema: 'caughtup' },
      each: [shared, { ...shared, connections: 1 }, { ...shared, connections: 2 }],
      ofServers: 0.25,
      harms: {
        restartRedis: { weight: 2, do: () => away(0, redis.stop, redis.start) },
        stopRedis: {
          weight: 1,
          do: (random) =>
            away(isLong ? 60_000 : random.between(1_000, 2_500), redis.stop, redis.start),
        },
        pauseRedis: {
          weight: 1,
          do: (random) => away(random.between(500, 2_500), redis.pause, redis.resume),
        },
        cutRedis: { weight: 2, do: () => away(0, redis.cut, () => {}) },
        crashPostgres: { weight: 3, do: () => database.crash() },
      },
      short: { rounds: 7, prompts: 1 },
      long: { rounds: 60, prompts: 20 },
      heal: () => back,
    })
  },
  900_000,
)
