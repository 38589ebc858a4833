import { postgresSchema } from '@caughtup/local-services/postgres'
import { onTestFinished, test } from 'vitest'

import { endsWithTheJournal, seeds } from './ends-with-the-journal.ts'

/** What a database does to its clients, as SQL on a schema's pool. */
const databaseHarms = (schema: string) => ({
  /** All connections break, at whatever they were. */
  terminate: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
  /** Only those that listen, so that processes no longer hear each other. */
  deafen: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
  /** Nothing can be written for a while. */
  block: `BEGIN; LOCK TABLE "${schema}".events IN EXCLUSIVE MODE; SELECT pg_sleep(0.4); COMMIT`,
})

test.each(seeds)(
  'with seed %i, over three servers that are killed, paused and replaced, on a PostgreSQL that breaks connections and blocks, all devices end with the journal',
  async (seed) => {
    const { url, schema, pool, remove } = await postgresSchema()
    onTestFinished(remove)
    pool.on('error', () => {}) // Its idle connections are terminated too.
    const harm = (name: keyof ReturnType<typeof databaseHarms>, weight: number) => ({
      weight,
      do: async () => void (await pool.query(databaseHarms(schema)[name])),
    })
    await endsWithTheJournal({
      seed,
      database: { url, schema },
      // One is an hour ahead.
      each: [{}, { clockAhead: 3_600_000 }, {}],
      ofServers: 0.6,
      harms: {
        terminate: harm('terminate', 2),
        deafen: harm('deafen', 2),
        block: harm('block', 1),
      },
      short: { rounds: 7, prompts: 2 },
      long: { rounds: 60, prompts: 20 },
    })
  },
  600_000,
)
