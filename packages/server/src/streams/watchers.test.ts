import { type Presence, presence } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { NumberFeed, numbersSource, ReadingClient } from '../../tests/support/number-feed.ts'
import { openTestServer } from '../../tests/support/open-test-server.ts'
import { resolveOptions } from '../host/server-options.ts'
import type { SentTransient } from './held-transients.ts'
import { StreamRegistry } from './stream-registry.ts'

async function openWatched(streamsPerPrincipal = 32) {
  const clock = new ManualClock()
  const { chat, store } = await openTestServer({ clock, limits: { streamsPerPrincipal } })
  const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
  const feed = new NumberFeed()
  /** A stream whose client leaves at most `capacity` frames unread. */
  const open = (principal: string, streamId?: string, capacity = Number.POSITIVE_INFINITY) => {
    const stream = streams.open({ kind: 'chat', principal, streamId }, numbersSource(feed))
    const client = new ReadingClient(stream, capacity)
    stream.begin(client)
    return { client, stream }
  }
  const tell = (name: string, data: number) =>
    streams.watchers.tell('numbers', { frame: { type: 'transient', name, data } })
  return { streams, open, tell, clock, feed }
}

type Frame = SentTransient['frame']

function transients(client: ReadingClient): Frame[] {
  return client.frames.flatMap(({ frame }) => (isTransient(frame) ? frame : []))
}

function isTransient(frame: object): frame is Frame {
  return 'type' in frame && frame.type === 'transient'
}

/** The lists of who is watching that a client got, as texts. */
function lists(client: ReadingClient): string[] {
  return transients(client).flatMap(({ name, data }) =>
    name === 'presence' ? presence.parse(data).map(shown).join(' ') : [],
  )
}

const shown = ({ principal, streams }: Presence) => `${principal}:${streams}`

describe('who is watching', () => {
  test('is told to a stream when it is caught up, and to all on a change, gathered for 250 ms', async () => {
    const { open, clock } = await openWatched()
    const { client: ann } = open('ann')
    await clock.advance(1_000)
    expect(lists(ann)).toEqual(['ann:1'])
    const { client: bob } = open('bob')
    open('bob')
    open('eve')
    await clock.advance(249)
    expect([lists(ann), lists(bob)]).toEqual([['ann:1'], ['ann:1 bob:2 eve:1']])
    await clock.advance(1)
    expect(lists(ann)).toEqual(['ann:1', 'ann:1 bob:2 eve:1'])
    expect(lists(bob)).toEqual(['ann:1 bob:2 eve:1'])
  })

  test('counts a closed stream for two seconds', async () => {
    const { open, clock } = await openWatched()
    const { client: ann } = open('ann')
    const { client: bob } = open('bob')
    await clock.advance(250)
    bob.leave()
    await clock.advance(2_249)
    expect(lists(ann).at(-1)).toBe('ann:1 bob:1')
    await clock.advance(1)
    expect(lists(ann).at(-1)).toBe('ann:1')
  })

  test('stays the same for others if the stream comes back in that time, or is replaced', async () => {
    const { open, clock } = await openWatched()
    const { client: ann } = open('ann')
    const { client: bob } = open('bob', 'phone')
    await clock.advance(250)
    bob.leave()
    await clock.advance(1_999)
    const { client: again } = open('bob', 'phone')
    await clock.advance(10_000)
    open('bob', 'phone')
    await clock.advance(10_000)
    expect(lists(ann)).toEqual(['ann:1 bob:1'])
    expect(lists(again)).toEqual(['ann:1 bob:1'])
    open('bob', 'laptop')
    await clock.advance(250)
    expect(lists(ann).at(-1)).toBe('ann:1 bob:2')
  })

  test.each(['forbidden', 'session-deleted'] as const)(
    'counts no stream of a principal after the end %s, nor those that had closed before',
    async (reason) => {
      const { open, clock } = await openWatched()
      const { client: ann } = open('ann')
      const { client: closed } = open('bob')
      const { stream } = open('bob')
      await clock.advance(250)
      expect(lists(ann).at(-1)).toBe('ann:1 bob:2')
      closed.leave()
      stream.end(reason)
      await clock.advance(250)
      expect(lists(ann).at(-1)).toBe('ann:1')
    },
  )

  test('does not count a stream that no transport has taken', async () => {
    const { streams, open, clock, feed } = await openWatched()
    const { client: ann } = open('ann')
    const claimed = streams.open({ kind: 'chat', principal: 'eve' }, numbersSource(feed))
    await clock.advance(250)
    claimed.cut()
    await clock.advance(250)
    expect(lists(ann)).toEqual(['ann:1'])
  })

  test('is a list of 100 at most, and costs a stream a few frames when 1,000 come at once', async () => {
    const { open, clock } = await openWatched()
    const clients = Array.from({ length: 1_000 }, (_, n) => open(`p${n}`).client)
    await clock.advance(250)
    await clock.advance(10_000)
    for (const client of clients) {
      expect(lists(client).length).toBeLessThanOrEqual(2)
      expect(lists(client).at(-1)?.split(' ')).toHaveLength(100)
    }
  })

  test('is bounded if a principal opens and closes streams without end', async () => {
    const { open, clock } = await openWatched()
    const { client: ann } = open('ann')
    for (let n = 0; n < 1_000; n++) open('bob', `stream${n}`).client.leave()
    await clock.advance(250)
    expect(lists(ann).at(-1)).toBe('ann:1 bob:32')
    await clock.advance(2_000)
    expect(lists(ann).at(-1)).toBe('ann:1')
    ann.leave()
    await clock.advance(2_000)
    expect(clock.pending).toBeLessThan(4)
  })
})

describe('a transient', () => {
  test('waits in a bounded map for a client that is slow, the newest value by name, after what it is behind', async () => {
    const { open, tell, clock, feed } = await openWatched()
    const { client: slow } = open('ann', undefined, 3)
    const { client: quick } = open('bob')
    await clock.advance(250)
    slow.takeAll()
    await clock.advance(0)
    slow.takeAll()
    await clock.advance(0)
    const before = transients(slow).length
    slow.unread = 3
    feed.add()
    await clock.advance(0)
    for (let n = 0; n < 1_000; n++) {
      await tell(`name${n % 40}`, n)
      if (n % 100 === 0) feed.add()
      await clock.advance(0)
    }
    expect(transients(quick).length).toBeGreaterThan(1_000)
    expect(transients(slow)).toHaveLength(before)
    for (let taken = 0; taken < 60; taken++) {
      slow.takeAll()
      await clock.advance(0)
    }
    expect(slow.last).toBe(feed.newest)
    const late = transients(slow).slice(before)
    expect(late.map(({ data }) => data)).toEqual(Array.from({ length: 32 }, (_, n) => 968 + n))
    const [first] = slow.frames.flatMap(({ frame }, at) =>
      isTransient(frame) && frame.data === 968 ? at : [],
    )
    const events = slow.frames.findLastIndex(
      ({ frame }) => 'type' in frame && frame.type === 'numbers',
    )
    expect(events).toBeLessThan(first!)
  })

  test.each([0, 1])(
    'does not keep a slow client from the events, however many come, beside %i others',
    async (others) => {
      const { open, tell, clock, feed } = await openWatched()
      const { client: slow } = open('ann', undefined, 2)
      for (let n = 0; n < others; n++) open('bob')
      await clock.advance(250)
      for (let n = 0; n < 50; n++) {
        for (let name = 0; name < 10; name++) await tell(`name${name}`, n)
        feed.add()
        await clock.advance(0)
        slow.takeAll()
        await clock.advance(0)
      }
      expect(slow.last).toBeGreaterThan(feed.newest - 5)
      expect(transients(slow).length).toBeGreaterThan(10)
    },
  )

  test('is not for a stream that is not caught up yet, nor sent again', async () => {
    const { open, tell, clock } = await openWatched()
    await tell('before', 1)
    const { client } = open('ann')
    await tell('during', 2)
    await clock.advance(250)
    await tell('after', 3)
    expect(transients(client).map(({ name }) => name)).toEqual(['presence', 'after'])
  })

  test('has one frame for all streams, so that it is encoded once', async () => {
    const { open, tell, clock } = await openWatched()
    const clients = Array.from({ length: 300 }, (_, n) => open(`p${n}`).client)
    await clock.advance(250)
    await tell('typing', 1)
    expect(new Set(clients.map(({ frames }) => frames.at(-1))).size).toBe(1)
  })
})
