import { hasRedis, redisServer } from '@caughtup/local-services/redis'
import { postgresSchema } from '@caughtup/local-services/postgres'
import type { Event } from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

import { redis } from '../src/bus/redis/index.ts'
import { prompt } from '../src/conformance/support/drafts.ts'
import { postgres } from '../src/engines/postgres/index.ts'
import type { BusFactory } from '../src/port/bus.ts'
import { createStore } from '../src/store.ts'

const buses: Record<string, () => Promise<BusFactory | undefined>> = {
  NOTIFY: async () => undefined,
  async Redis() {
    const { url, stop } = await redisServer()
    onTestFinished(stop)
    return redis({ url })
  },
}

describe.each(Object.entries(buses))('over %s', (name, open) => {
  test.skipIf(name === 'Redis' && !hasRedis())(
    'a subscriber gets what another process commits without a statement',
    async () => {
      const { pool, schema, remove } = await postgresSchema()
      onTestFinished(remove)
      const others = new pg.Pool(pool.options)
      onTestFinished(() => others.end())
      let statements = 0
      others.on('acquire', () => statements++)
      const bus = await open()
      const storeOn = (of: pg.Pool, clock: Clock) =>
        createStore({ storage: postgres({ pool: of, schema }), ...(bus && { bus }), clock })
      // Its time stands still: it does no work in the background.
      const reading = await storeOn(others, new ManualClock())
      const writing = await storeOn(pool, systemClock)
      onTestFinished(async () => void (await Promise.all([writing.close(), reading.close()])))
      const { id } = await writing.sessions.create({ owner: 'ann' })
      const events: Event[] = []
      const leaving = new AbortController()
      const following = (async () => {
        for await (const batch of reading.follow(id, 0, leaving)) events.push(...batch.events)
      })()
      following.catch(() => undefined)
      onTestFinished(() => leaving.abort())
      const append = async () => {
        // The writer carries content only while it hears that somebody is there.
        const heard = Promise.withResolvers<unknown>()
        const leave = writing.notes?.listen(heard.resolve)
        reading.notes?.send('here')
        await heard.promise
        leave?.()
        const result = await writing.append({
          sessionId: id,
          drafts: [prompt(`p${events.length}`)],
        })
        const { seq } = 'cursor' in result ? result.cursor : { seq: 0 }
        await expect.poll(() => events.at(-1)?.seq, { timeout: 10_000, interval: 1 }).toBe(seq)
      }
      const needsNone = async () => {
        const before = statements
        await append()
        return statements === before
      }
      await expect.poll(needsNone, { timeout: 10_000 }).toBe(true)
      const before = statements
      for (let n = 0; n < 20; n++) await append()
      expect(statements).toBe(before)
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    },
  )
})
