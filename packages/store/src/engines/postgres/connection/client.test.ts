import { Socket } from 'node:net'

import { postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg, { type PoolConfig } from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { Client, type Run } from './client.ts'

async function testClient({
  statementTimeout = 30_000,
  ...config
}: PoolConfig & { statementTimeout?: number } = {}) {
  const made = await postgresSchema()
  const pool = new pg.Pool({ ...made.pool.options, ...config })
  const schema = pg.escapeIdentifier(made.schema)
  const client = new Client({ pool, schema, clock: systemClock, statementTimeout })
  onTestFinished(async () => {
    client.close()
    await pool.end()
    await made.remove()
  })
  /** Breaks the connection that runs statements so, as an administrator does. */
  const terminate = async (run: Run) => {
    const { rows } = await run<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
  }
  return { client, terminate, pool, other: made.pool, schema }
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

test('a statement that takes too long is given up with its connection: in a transaction it has failed, alone its outcome is unknown', async () => {
  const { client, pool } = await testClient({ statementTimeout: 100 })
  const slow = client.transaction((run) => run('SELECT pg_sleep(60)'))
  await expect(slow).rejects.toMatchObject({ failure: 'busy' })
  await expect(client.write('SELECT pg_sleep(60)')).rejects.toMatchObject({ failure: 'unknown' })
  expect(pool.totalCount).toBe(0)
  expect((await client.read('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a write has an unknown outcome where the network is lost before the answer, and is made', async () => {
  const sockets: Socket[] = []
  const stream = () => sockets[sockets.push(new Socket()) - 1]
  const { client, other, schema } = await testClient({ stream })
  await other.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.written (n int)`)
  await client.read('SELECT 1')
  // No answer comes any more.
  for (const socket of sockets) socket.pause()
  const lost = client
    .write('INSERT INTO $schema.written VALUES (1)')
    .catch((error: unknown) => error)
  const count = async () => (await other.query(`SELECT FROM ${schema}.written`)).rowCount
  await expect.poll(count).toBe(1)
  const error = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' })
  for (const socket of sockets) socket.destroy(error)
  expect(await lost).toMatchObject({ failure: 'unknown' })
})

test('a write for which no connection was free is not made', async () => {
  const { client, pool } = await testClient({ max: 1, connectionTimeoutMillis: 50 })
  const taken = await pool.connect()
  await expect(client.write('SELECT 1')).rejects.toMatchObject({ failure: 'busy' })
  taken.release()
})
