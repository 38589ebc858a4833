import { randomUUID } from 'node:crypto'

import { postgresSchema } from '@caughtup/local-postgres'
import { test } from 'vitest'

import { busConformance } from '../../../conformance/index.ts'
import type { BusFactory } from '../../../port/bus.ts'
import { listen } from './listen.ts'

async function open() {
  const { pool, schema, remove } = await postgresSchema()
  const of = (name: string): BusFactory => ({
    open: ({ clock }) => listen({ config: pool.options, schema: name, clock, name: randomUUID() }),
  })
  return {
    factory: of(schema),
    other: of(`${schema}_other`),
    async cut() {
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = '${schema}' AND pid <> pg_backend_pid()`,
      )
    },
    remove,
  }
}

for (const { title, run } of busConformance({ open })) {
  // oxlint-disable-next-line vitest/valid-title -- each case brings its own
  test(title, run)
}
