import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { postgresSchema } from '../../../../tests/support/postgres-server.ts'
import { Client } from './client.ts'

test('a connection that breaks between two statements fails its transaction, and leaves the process and the pool well', async () => {
  const { pool, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  const client = new Client(pool, pg.escapeIdentifier(schema))
  const broken = client.transaction(async (run) => {
    const { rows } = await run<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    await run('SELECT 1')
  })
  await expect(broken).rejects.toMatchObject({ failure: 'busy' })
  expect((await client.read('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  client.close()
})
