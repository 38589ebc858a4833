import { hasRedis } from '@caughtup/local-services/redis'
import { redisCluster, type TestRedisCluster } from '@caughtup/local-services/redis-cluster'
import { systemClock } from '@caughtup/schema/clock'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { busConformance } from '../../conformance/index.ts'
import type { Bus } from '../../port/bus.ts'
import { redis } from './index.ts'

describe.skipIf(!hasRedis())('a cluster of Redis', () => {
  let cluster: TestRedisCluster
  let prefixes = 0
  beforeAll(async () => {
    cluster = await redisCluster()
  })
  afterAll(() => cluster.end())

  /** A prefix whose channel is not at the first node, which is asked first. */
  const aPrefix = async () => {
    for (;;) {
      const prefix = `cluster ${++prefixes}`
      if ((await cluster.ownerOf(`${prefix}:changes`)) > 0) return prefix
    }
  }
  const factory = async (sharded: boolean) =>
    redis({ url: cluster.urls, prefix: await aPrefix(), sharded })
  const opened = async (of: ReturnType<typeof redis>): Promise<Bus> => {
    const bus = await of.open({ clock: systemClock })
    onTestFinished(() => bus.close())
    return bus
  }

  describe.each([{ sharded: false }, { sharded: true }])('sharded: $sharded', ({ sharded }) => {
    const open = async () => ({
      factory: await factory(sharded),
      other: await factory(sharded),
      cut: () => cluster.cut(),
    })
    for (const { title, run } of busConformance({ open })) {
      // oxlint-disable-next-line vitest/valid-title -- each case brings its own
      test(title, run)
    }
  })

  test('a sharded channel is found by the address of any node', async () => {
    const prefix = await aPrefix()
    const buses = []
    for (const url of cluster.urls) buses.push(await opened(redis({ url, prefix, sharded: true })))
    for (const one of buses) {
      for (const other of buses) if (one !== other) await named(one, other)
    }
  })

  test('a sharded channel that moves to another node is heard there, after all counted as changed', async () => {
    const prefix = await aPrefix()
    const of = redis({ url: cluster.urls, prefix, sharded: true })
    const [one, two] = [await opened(of), await opened(of)]
    await named(one, two)
    const channel = `${prefix}:changes`
    for (const node of [0, 1, 2]) {
      await cluster.give(channel, node)
      await named(one, two)
      expect(await cluster.ownerOf(channel)).toBe(node)
    }
  })

  test('while the node of a sharded channel is gone all counts as changed at times, and it is heard again when it is back', async () => {
    const prefix = await aPrefix()
    const of = redis({ url: cluster.urls, prefix, sharded: true })
    const [one, two] = [await opened(of), await opened(of)]
    await named(one, two)
    const node = await cluster.ownerOf(`${prefix}:changes`)
    await cluster.stop(node)
    await saysAll(two)
    await cluster.start(node)
    await named(one, two)
  })

  test('a channel that is not sharded is heard at another node while one is gone, after all counted as changed', async () => {
    const of = await factory(false)
    const [one, two] = [await opened(of), await opened(of)]
    await named(one, two)
    await cluster.stop(0)
    await saysAll(two)
    await named(one, two)
    await cluster.start(0)
  })

  test('wrong addresses are refused', () => {
    expect(() => redis({ url: [] })).toThrow(/url is .*address of a Redis/)
    expect(() => redis({ url: ['redis://a', ''] })).toThrow(/url is .*address of a Redis/)
  })
})

/** Waits until what one announces is named to the other; it may be lost in `all` at first. */
async function named(one: Bus, other: Bus): Promise<void> {
  const never = new AbortController().signal
  for (;;) {
    one.announce(['named'], { members: false })
    const { sessions } = await other.next(never)
    if (sessions !== 'all' && sessions.has('named')) return
  }
}

async function saysAll(bus: Bus): Promise<void> {
  const never = new AbortController().signal
  while ((await bus.next(never)).sessions !== 'all');
}
