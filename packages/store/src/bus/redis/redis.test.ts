import { hasRedis, redisServer, type TestRedis } from '@caughtup/local-services/redis'
import { systemClock } from '@caughtup/schema/clock'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { busConformance } from '../../conformance/index.ts'
import type { Bus } from '../../port/bus.ts'
import { createStore } from '../../store.ts'
import { memory } from '../../engines/memory/index.ts'
import { sqlite } from '../../engines/sqlite/index.ts'
import { prompt } from '../../conformance/support/drafts.ts'
import { testDatabase } from '../../../tests/support/open-test-store.ts'
import { redis } from './index.ts'

describe.skipIf(!hasRedis())('Redis', () => {
  let server: TestRedis
  let prefixes = 0
  beforeAll(async () => {
    server = await redisServer()
  })
  afterAll(() => server.stop())

  const factory = (options: { prefix?: string; sharded?: boolean } = {}) =>
    redis({ url: server.url, prefix: `test ${++prefixes}`, ...options })
  const opened = async (of = factory()): Promise<Bus> => {
    const bus = await of.open({ clock: systemClock })
    onTestFinished(() => bus.close())
    return bus
  }

  describe.each([{ sharded: false }, { sharded: true }])('sharded: $sharded', ({ sharded }) => {
    const open = async () => ({
      factory: factory({ sharded }),
      other: factory({ sharded }),
      cut: () => server.cut(),
    })
    for (const { title, run } of busConformance({ open })) {
      // oxlint-disable-next-line vitest/valid-title -- each case brings its own
      test(title, run)
    }
  })

  test('of a server that is not there opens, says that all may have changed, and hears once it is', async () => {
    await server.stop()
    const of = factory()
    const [one, two] = [await opened(of), await opened(of)]
    const never = new AbortController().signal
    one.announce(['a'], { members: false })
    const deaf = await two.next(never)
    expect(deaf).toMatchObject({ sessions: 'all', members: 'all' })
    expect(String(deaf.failure)).toMatch(/ENOENT|ECONNREFUSED/)
    expect(one.send('dropped')).toBe(false)
    const notes: string[] = []
    two.listen((note) => notes.push(note))
    await server.start()
    await heardAgain(two)
    await names(one, two)
    expect(notes).toEqual([])
  })

  test('of a server that does not answer says that all may have changed, until it does', async () => {
    const of = factory()
    const [one, two] = [await opened(of), await opened(of)]
    const never = new AbortController().signal
    server.pause()
    one.announce(['a'], { members: true })
    for (let count = 0; count < 2; count++) {
      const { sessions, failure } = await two.next(never)
      expect(sessions).toBe('all')
      expect(failure).toBeInstanceOf(Error)
    }
    server.resume()
    await names(one, two)
  })

  test('a store hears another one at once, or within seconds where its Redis is down, and closes the bus', async () => {
    const options = { storage: memory(), bus: factory(), onError: () => {} }
    const [one, two] = [await createStore(options), await createStore(options)]
    const { id } = await one.sessions.create({ owner: 'ann' })
    const { signal } = new AbortController()
    const following = two.follow(id, 0, { signal })
    const follow = async () => (await following.next()).value?.events.map(({ seq }) => seq)
    await one.append({ sessionId: id, drafts: [prompt('a')] })
    expect(await follow()).toEqual([1])
    const second = follow()
    await one.append({ sessionId: id, drafts: [prompt('b')] })
    expect(await second).toEqual([2])
    expect(two.stats().lastError).toBeUndefined()
    const third = follow()
    await server.stop()
    await one.append({ sessionId: id, drafts: [prompt('c')] })
    expect(await third).toEqual([3])
    const fourth = follow()
    await one.append({ sessionId: id, drafts: [prompt('d')] })
    expect(await fourth).toEqual([4])
    expect(two.stats().lastError).toMatch(/ENOENT|ECONNREFUSED|closed/i)
    await server.start()
    await Promise.all([one.close(), two.close()])
    expect(await server.clients()).toBe(1)
  })

  test('a store on SQLite sends notes over it', async () => {
    const options = { storage: sqlite({ path: testDatabase() }), bus: factory() }
    const [one, two] = [await createStore(options), await createStore(options)]
    const heard = new Promise((resolve) => two.notes?.listen(resolve))
    one.notes?.send('hello')
    expect(await heard).toBe('hello')
    await Promise.all([one.close(), two.close()])
    expect(await server.clients()).toBe(1)
  })

  test('wrong options are refused', () => {
    expect(() => redis({ url: '' })).toThrow(/url is .*address of a Redis/)
    expect(() => redis({ url: server.url, prefix: '' })).toThrow(/prefix is .*1 to 100/)
    // @ts-expect-error -- of another type
    expect(() => redis({ url: server.url, sharded: 1 })).toThrow(/sharded is .*true or false/)
  })
})

async function heardAgain(bus: Bus): Promise<void> {
  const never = new AbortController().signal
  while ((await bus.next(never)).failure !== undefined);
}

/** Waits until what one announces is named to the other; it may be lost in `all` at first. */
async function names(one: Bus, other: Bus): Promise<void> {
  const never = new AbortController().signal
  for (;;) {
    one.announce(['named'], { members: false })
    const { sessions } = await other.next(never)
    if (sessions !== 'all' && sessions.has('named')) return
  }
}
