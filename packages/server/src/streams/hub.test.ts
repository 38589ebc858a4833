import type { Clock } from '@caughtup/schema/clock'
import { ManualClock, Random, settle } from '@caughtup/schema/testing'
import { ORPCError } from '@orpc/server'
import { describe, expect, test } from 'vitest'

import { ClientStream } from './client-stream.ts'
import { NumberFeed, ReadingClient } from '../../tests/support/number-feed.ts'
import { Hubs } from './hubs.ts'

function openFeed({
  clock = new ManualClock(),
  ...options
}: { clock?: Clock; most?: number } = {}) {
  const feed = new NumberFeed(options)
  const hubs = new Hubs(clock)
  const errors: unknown[] = []
  const toError = (error: unknown) => {
    errors.push(error)
    return error instanceof ORPCError
      ? error
      : new ORPCError('INTERNAL_SERVER_ERROR', { cause: error })
  }
  /** A client from the feed's beginning on, which takes everything unless it has a capacity. */
  const connect = (capacity = Number.POSITIVE_INFINITY) => {
    const { hub, release } = hubs.take('feed', { feed: () => feed, toError })
    const replay = (left: string | undefined) => feed.replay(left)
    const stream = new ClientStream({ hub, replay, clock, toError, onClose: release })
    const client = new ReadingClient(stream, capacity)
    stream.begin(client)
    return client
  }
  return { feed, errors, connect }
}

/** Lets passes end, which take turns of the event loop. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await settle()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('the streams of a hub', () => {
  test('get the same frame objects, read once for all of them', async () => {
    const { feed, connect } = openFeed()
    const clients = Array.from({ length: 300 }, () => connect())
    await turns()
    for (let n = 1; n <= 3; n++) {
      feed.add()
      await turns()
      expect(new Set(clients.map(({ frames }) => frames.at(-1))).size).toBe(1)
      expect(new Set(clients.map(({ last }) => last))).toEqual(new Set([n]))
      expect([feed.reads, feed.followers]).toEqual([n, 1])
    }
  })

  test('lose nothing when one of them throws: that one is dropped alone, and reported', async () => {
    const { feed, connect, errors } = openFeed()
    const [first, bad, last] = [connect(), connect(), connect()]
    await turns()
    bad.broken = ['write']
    feed.add()
    await turns()
    feed.add()
    await turns()
    expect([first.last, bad.isOver, last.last]).toEqual([2, true, 2])
    expect(errors).toHaveLength(1)
  })

  test.each<{
    broken: ReadingClient['broken']
    on: string
    act: (feed: NumberFeed) => void
    others: object
  }>([
    {
      broken: ['write', 'cut'],
      on: 'a step',
      act: (feed) => feed.add(),
      others: { last: 1, isOver: false },
    },
    {
      broken: ['end'],
      on: 'a deletion',
      act: (feed) => feed.fail(new ORPCError('NOT_FOUND')),
      others: { isOver: true, error: undefined },
    },
    {
      broken: ['write', 'cut'],
      on: 'a deletion',
      act: (feed) => feed.fail(new ORPCError('NOT_FOUND')),
      others: { isOver: true, error: undefined },
    },
    {
      broken: ['fail', 'cut'],
      on: 'a failure',
      act: (feed) => feed.fail(new Error('disk on fire')),
      others: { isOver: true, error: { code: 'INTERNAL_SERVER_ERROR' } },
    },
  ])(
    'get theirs when one of them throws in $broken on $on, and each throw is reported',
    async ({ broken, act, others }) => {
      const { feed, connect, errors } = openFeed()
      const [first, bad, last] = [connect(), connect(), connect()]
      await turns()
      bad.broken = broken
      act(feed)
      await turns()
      expect([first, last]).toMatchObject([others, others])
      expect(errors.filter((error) => error instanceof TypeError)).toMatchObject(
        broken.map((call) => ({ message: `The connection breaks in ${call}.` })),
      )
      expect(bad.isOver).toBe(!broken.includes('cut'))
    },
  )

  test('leave it when their client does not read, and lose nothing when it reads again', async () => {
    const { feed, connect } = openFeed()
    const [slow, quick] = [connect(3), connect()]
    await turns()
    for (let n = 0; n < 10; n++) {
      feed.add()
      await turns(4)
    }
    expect(quick.last).toBe(10)
    expect(slow.unread).toBe(3)
    slow.takeAll()
    await turns()
    expect(slow.last).toBe(10)
    feed.add()
    await turns()
    expect([slow.last, quick.last]).toEqual([11, 11])
  })

  test('are replayed again, on the same stream, when they are too far behind', async () => {
    const { feed, connect } = openFeed({ most: 5 })
    const slow = connect(1)
    await turns()
    slow.takeAll()
    feed.add()
    await turns()
    for (let n = 0; n < 20; n++) feed.add()
    await turns()
    expect([slow.last, slow.replays]).toEqual([1, 1])
    while (slow.last < 21) {
      slow.takeAll()
      await turns(4)
    }
    expect(slow.replays).toBe(2)
  })

  test('end with the reason of the feed, mapped once for all', async () => {
    const { feed, connect, errors } = openFeed()
    const clients = Array.from({ length: 10 }, () => connect())
    await turns()
    feed.fail(new Error('disk on fire'))
    await turns()
    for (const client of clients) {
      expect(client.error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
    }
    expect(errors).toHaveLength(1)
  })

  test('stop the reading when the last one has gone, and a late end of it harms no later hub', async () => {
    const { feed, connect } = openFeed()
    const held = feed.hold()
    const first = connect()
    await turns()
    first.leave()
    const second = connect()
    await turns()
    held.resolve()
    await turns()
    feed.add()
    await turns()
    const third = connect()
    await turns()
    feed.add()
    await turns()
    expect([second.last, third.last]).toEqual([2, 2])
    second.leave()
    third.leave()
    await turns()
    expect(feed.followers).toBe(0)
  })

  test('do not delay others in a pass over many: between its slices the loop takes turns', async () => {
    const { feed, connect } = openFeed()
    const clients = Array.from({ length: 600 }, () => connect())
    await turns()
    feed.add()
    await turns()
    feed.add()
    const reached: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      await settle()
      reached.push(clients.filter(({ last }) => last === 2).length)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reached[0]).toBe(256)
    expect(reached.at(-1)).toBe(600)
  })

  test('get a step once if they come back to the head during its pass', async () => {
    const { feed, connect } = openFeed()
    for (let n = 0; n < 600; n++) connect()
    const stalled = connect(2)
    await turns()
    feed.add()
    await turns()
    expect([stalled.unread, stalled.last]).toEqual([2, 1])
    feed.add()
    // The first slice of the pass is done.
    await settle()
    stalled.takeAll()
    await turns()
    expect([stalled.last, stalled.isOver]).toEqual([2, false])
    feed.add()
    await turns()
    expect([stalled.last, stalled.isOver]).toEqual([3, false])
  })

  test('rest for as long as a pass took if its step had come at once, so that others get half of the time', async () => {
    const clock = new ManualClock()
    let busy = 0
    const slow: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + busy,
      after: (ms, callback) => clock.after(ms, callback),
    }
    const { feed, connect } = openFeed({ clock: slow })
    const client = connect()
    await turns()
    client.onWrite = () => (busy += 10)
    // Nothing had come for long: the next step follows at once.
    feed.add()
    await turns()
    feed.add()
    await turns()
    expect(client.last).toBe(2)
    // That one had come at once.
    feed.add()
    await turns()
    feed.add()
    await clock.advance(9)
    expect(client.last).toBe(2)
    await clock.advance(1)
    await turns()
    expect([client.last, client.frames.length]).toEqual([4, 4])
    // The writers are slower again.
    await clock.advance(10 + 5)
    feed.add()
    await turns()
    feed.add()
    await turns()
    expect(client.last).toBe(6)
  })
})

describe('random programs', () => {
  const seeds = process.env['CAUGHTUP_SEED']
    ? [Number(process.env['CAUGHTUP_SEED'])]
    : Array.from({ length: 40 }, (_, index) => index + 1)

  test.each(seeds)(
    'of clients that come, stall, read on and leave give each of them every number once (seed %i)',
    async (seed) => {
      const random = new Random(seed)
      const { feed, connect, errors } = openFeed({ most: 12 })
      const clients: ReadingClient[] = []
      for (let step = 0; step < 300; step++) {
        const client = random.pick(clients.length > 0 ? clients : [connect(4)])
        switch (random.pick(['add', 'add', 'add', 'connect', 'take', 'take', 'leave', 'turn'])) {
          case 'add':
            feed.add()
            break
          case 'connect':
            if (clients.length < 20) clients.push(connect(random.pick([1, 3, 1_000])))
            break
          case 'take':
            client.takeAll()
            break
          case 'leave':
            client.leave()
            break
          default:
            await turns(2)
        }
      }
      // A stream that reads no more would keep its last number for ever.
      for (let round = 0; round < 200 && clients.some(isBehind); round++) {
        for (const client of clients) client.takeAll()
        await turns(2)
      }
      expect(clients.filter(isBehind)).toEqual([])
      expect(errors).toEqual([])

      function isBehind(client: ReadingClient): boolean {
        return !client.isOver && client.last < feed.newest
      }
    },
  )
})
