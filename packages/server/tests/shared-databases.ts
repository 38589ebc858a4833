import { postgresSchema } from '@caughtup/local-services/postgres'
import type { StorageFactory } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { sqlite } from '@caughtup/store/sqlite'
import { onTestFinished } from 'vitest'

import { testDatabase } from './support/open-test-server.ts'

/** A database that several servers open. */
export interface SharedDatabase {
  storage: () => StorageFactory
  /** Of what its own clock measures: makes it so many ms older, where it has one. */
  age: (ms: number) => Promise<void>
}

export const sharedDatabases: [name: string, make: () => Promise<SharedDatabase>][] = [
  [
    'SQLite',
    async () => {
      const path = testDatabase()
      return { storage: () => sqlite({ path }), age: async () => {} }
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const { pool, schema, remove } = await postgresSchema()
      onTestFinished(remove)
      return {
        storage: () => postgres({ pool, schema }),
        age: async (ms) => {
          await pool.query(`UPDATE ${schema}.calls SET began = began - ${ms}`)
        },
      }
    },
  ],
]
