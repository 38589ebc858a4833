import { postgresSchema, postgresServer } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

import { InProcessBus } from '../../bus/in-process.ts'
import { turn } from '../../conformance/support/drafts.ts'
import { write } from '../../conformance/support/writes.ts'
import { hasPooler, pooler } from '../../../tests/support/pooler.ts'
import { postgres } from './index.ts'

const options = { clock: systemClock, random: Math.random }

describe.skipIf(!hasPooler())('behind PgBouncer', () => {
  async function behind() {
    const { schema, remove } = await postgresSchema()
    const { config, stop } = await pooler(await postgresServer())
    const pool = new pg.Pool(config)
    onTestFinished(async () => {
      await pool.end()
      stop()
      await remove()
    })
    return { pool, schema }
  }

  test('a store is refused without a bus of its own, as NOTIFY is not heard', async () => {
    const { pool, schema } = await behind()
    const opening = postgres({ pool, schema }).open(options)
    await expect(opening).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/bus of its own/),
    })
  })

  test('with one it reads and writes over whatever connections it gets', async () => {
    const { pool, schema } = await behind()
    const storage = await postgres({ pool, schema }).open({
      ...options,
      bus: new InProcessBus(new Set()),
    })
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        ids.map(async (id) => {
          if (round === 0) {
            await storage.createSession({ id, title: '', createdAt: 1, members: ['ann'] })
          }
          await write(storage, id, turn(`t${round}`))
          expect((await storage.state(id)).messageCount).toBe(2 * (round + 1))
        }),
      )
    }
    await storage.close()
  })
})
