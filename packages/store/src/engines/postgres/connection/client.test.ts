import { postgresSchema } from '@caughtup/local-postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { Client, type Run } from './client.ts'

async function testClient() {
  const { pool, schema, remove } = await postgresSchema()
  const client = new Client(pool, pg.escapeIdentifier(schema), systemClock)
  onTestFinished(async () => {
    client.close()
    await remove()
  })
  /** Breaks the connection that runs statements so, as an administrator does. */
  const terminate = async (run: Run) => {
    const { rows } = await run<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
  }
  return { client, terminate }
}

test('a connection that breaks between two statements fails its transaction, and leaves the process and the pool well', async () => {
  const { client, terminate } = await testClient()
  const broken = client.transaction(async (run) => {
    await terminate(run)
    await run('SELECT 1')
  })
  await expect(broken).rejects.toMatchObject({ failure: 'busy' })
  expect((await client.read('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('reads over connections that break are made again, over others', async () => {
  const { client, terminate } = await testClient()
  let tries = 0
  const { rows } = await client.snapshot(async (run) => {
    if (++tries < 3) await terminate(run)
    return run<{ one: number }>('SELECT 1 AS one')
  })
  expect({ rows, tries }).toEqual({ rows: [{ one: 1 }], tries: 3 })
})
