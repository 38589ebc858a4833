import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'

import { postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import { expect, onTestFinished, test } from 'vitest'

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

test('a connection that is made while the bus closes is closed too', async () => {
  const { pool, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  const name = `${schema}_listens`
  const closing = Promise.withResolvers<void>()
  let made = 0
  const stream = () => {
    // The second one: the first is terminated.
    if (++made === 2) void bus.close().then(closing.resolve)
    return new Socket()
  }
  const config = { ...pool.options, application_name: name, stream }
  const bus = await listen({ config, schema, clock: systemClock, name })
  const ofIt = 'FROM pg_stat_activity WHERE application_name = $1'
  await pool.query(`SELECT pg_terminate_backend(pid, 5000) ${ofIt}`, [name])
  await closing.promise
  const connections = async () => (await pool.query(`SELECT pid ${ofIt}`, [name])).rowCount
  await expect.poll(connections).toBe(0)
  expect(made).toBe(2)
})
