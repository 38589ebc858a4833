import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { NumberFeed, numbersSource, ReadingClient } from '../../tests/support/number-feed.ts'
import { openTestServer } from '../../tests/support/open-test-server.ts'
import { resolveOptions } from '../host/server-options.ts'
import { StreamRegistry } from './stream-registry.ts'

async function openStreams(streamsPerPrincipal = 2) {
  const clock = new ManualClock()
  const { chat, store } = await openTestServer({ clock, limits: { streamsPerPrincipal } })
  const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
  const feed = new NumberFeed()
  const claim = (streamId?: string, principal = 'me') =>
    streams.open({ kind: 'chat', principal, streamId }, numbersSource(feed))
  /** A stream whose client leaves at most `capacity` frames unread. */
  const open = (streamId?: string, principal?: string, capacity = Number.POSITIVE_INFINITY) => {
    const stream = claim(streamId, principal)
    const client = new ReadingClient(stream, capacity)
    stream.begin(client)
    return client
  }
  return { streams, open, claim, clock, feed }
}

const frames = (client: ReadingClient) => client.frames.map(({ frame }) => frame)

describe('streams', () => {
  test('with the same id replace their predecessor, whose client is told', async () => {
    const { streams, open } = await openStreams(1)
    const first = open('phone')
    await settle()
    const second = open('phone')
    await settle()
    expect(frames(first).at(-1)).toEqual({ type: 'end', reason: 'replaced' })
    expect([first.isOver, second.isOver, second.replays]).toEqual([true, false, 1])
    expect(streams.count('chat')).toBe(1)
  })

  test('of another principal with the same id are left alone', async () => {
    const { streams, open } = await openStreams(1)
    open('phone')
    open('phone', 'you')
    expect([streams.count('chat'), streams.count('activity')]).toEqual([2, 0])
  })

  test('are limited per principal while clients read all of them', async () => {
    const { open } = await openStreams()
    const first = open()
    open()
    await settle()
    expect(() => open()).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        data: { limit: 2, retryAfter: expect.any(Number) },
      }),
    )
    open(undefined, 'you')
    first.leave()
    open()
  })

  test('give way to new ones when unread, the longest unread first', async () => {
    const { open, clock, streams } = await openStreams()
    const older = open(undefined, 'me', 1)
    await clock.advance(1_000)
    const newer = open(undefined, 'me', 1)
    await clock.advance(10_000)
    const third = open()
    await settle()
    expect([older.isOver, newer.isOver, third.isOver]).toEqual([true, false, false])
    expect(streams.count('chat')).toBe(2)
  })

  test('count until their client leaves, also in the middle of a replay', async () => {
    const { open, streams, clock } = await openStreams()
    const stalled = open(undefined, 'me', 1)
    await settle()
    expect(streams.count('chat')).toBe(1)
    stalled.leave()
    await settle()
    expect(streams.count('chat')).toBe(0)
    await clock.advance(2_000)
    expect(clock.pending).toBeLessThan(4)
  })

  test('get a heartbeat every five seconds, unless they have something unread', async () => {
    const { open, clock } = await openStreams()
    const [read, unread] = [open(), open(undefined, 'me', 1)]
    await clock.advance(20_000)
    const beats = (client: ReadingClient) =>
      frames(client).filter((frame) => 'type' in frame && frame.type === 'heartbeat')
    expect(beats(read)).toHaveLength(4)
    expect(beats(read).at(-1)).toEqual({ type: 'heartbeat', at: clock.now() })
    expect(beats(unread)).toEqual([])
  })

  test('are cut when a frame is unread for a minute, or no transport takes them', async () => {
    const { open, claim, clock, streams } = await openStreams(3)
    const [read, unread] = [open(), open(undefined, 'me', 1)]
    claim()
    await clock.advance(59_000)
    expect(streams.count('chat')).toBe(3)
    await clock.advance(20_000)
    expect([read.isOver, unread.isOver, streams.count('chat')]).toEqual([false, true, 1])
    read.leave()
    await clock.advance(2_000)
    expect(clock.pending).toBeLessThan(4)
  })

  test('that throw when they are beaten, cut or ended are dropped alone', async () => {
    const { open, clock, streams } = await openStreams(9)
    const [beaten, stuck, ended] = [open(), open(undefined, 'me', 1), open()]
    const others = [open(undefined, 'me', 1), open()]
    beaten.broken = ['write', 'cut']
    stuck.broken = ['cut']
    ended.broken = ['end', 'cut']
    await clock.advance(80_000)
    expect(streams.count('chat')).toBe(2)
    streams.endAll()
    expect(others.map(({ isOver }) => isOver)).toEqual([true, true])
    expect(streams.count('chat')).toBe(0)
  })

  test('of other protocols count as well, and are told once when they must end', async () => {
    const { streams, open } = await openStreams(2)
    const ends: string[] = []
    const register = () =>
      streams.register(
        'me',
        { id: 'a', right: async () => async () => true },
        (reason) => void ends.push(reason),
      )
    const [first] = [register(), register()]
    expect(streams.count('chat')).toBe(2)
    for (const another of [open, register]) {
      expect(another).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    }
    first?.()
    first?.()
    expect(streams.count('chat')).toBe(1)
    streams.endAll()
    streams.endAll()
    expect([ends, streams.count('chat')]).toEqual([['shutting-down'], 0])
    expect(register).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
  })

  test('that end before a transport takes them are ended there', async () => {
    const { claim, streams } = await openStreams()
    const [ended, cut] = [claim(), claim()]
    cut.cut()
    streams.endAll()
    const clients = [ended, cut].map((stream) => {
      const client = new ReadingClient(stream, 1)
      stream.begin(client)
      return client
    })
    expect(clients.map(frames)).toEqual([[{ type: 'end', reason: 'shutting-down' }], []])
    expect(clients.every(({ isOver }) => isOver)).toBe(true)
    expect(() => claim()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
  })
})
