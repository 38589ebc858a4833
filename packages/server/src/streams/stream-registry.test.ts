import type { EndReason } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { openTestServer } from '../../tests/support/open-test-server.ts'
import { resolveOptions } from '../host/server-options.ts'
import { StreamRegistry } from './stream-registry.ts'

async function openStreams(streamsPerPrincipal = 2) {
  const clock = new ManualClock()
  const { chat, store } = await openTestServer({ clock, limits: { streamsPerPrincipal } })
  const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
  const open = (streamId?: string, principal = 'me') =>
    streams.open({ kind: 'chat', principal, streamId }, { signal: undefined, frames: endless })
  return { streams, open, clock }
}

async function* endless(signal: AbortSignal): AsyncGenerator<{ frame: 'frame' }, void> {
  yield { frame: 'frame' }
  await new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
}

const end = (reason: EndReason) => ({ done: false, value: { frame: { type: 'end', reason } } })
const over = { done: true, value: undefined }

describe('streams', () => {
  test('with the same id replace their predecessor, whose client is told', async () => {
    const { streams, open } = await openStreams(1)
    const first = open('phone')
    await first.next()
    const waiting = first.next()
    const second = open('phone')
    expect(await waiting).toEqual(end('replaced'))
    expect(await first.next()).toEqual(over)
    expect((await second.next()).value).toEqual({ frame: 'frame' })
    expect(streams.count('chat')).toBe(1)
  })

  test('of another principal with the same id are left alone', async () => {
    const { streams, open } = await openStreams(1)
    open('phone')
    open('phone', 'you')
    expect(streams.count('chat')).toBe(2)
  })

  test('are limited per principal while clients read all of them', async () => {
    const { open } = await openStreams()
    const both = [open(), open()]
    for (const stream of both) {
      await stream.next()
      void stream.next()
    }
    expect(() => open()).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        data: { limit: 2, retryAfter: expect.any(Number) },
      }),
    )
    await both[0]?.return()
    open()
  })

  test('give way to new ones when unread, the longest unread first', async () => {
    const { open, clock, streams } = await openStreams()
    const [older, newer] = [open(), open()]
    await older.next()
    await clock.advance(1_000)
    await newer.next()
    await clock.advance(10_000)
    const third = open()
    await settle()
    expect(await older.next()).toEqual(over)
    expect((await third.next()).value).toEqual({ frame: 'frame' })
    expect(streams.count('chat')).toBe(2)
  })

  test('can be closed while a frame is awaited', async () => {
    const { open, streams, clock } = await openStreams()
    const stream = open()
    await stream.next()
    const timers = clock.pending
    const waiting = stream.next()
    await settle()
    await stream.return()
    expect(await waiting).toEqual(over)
    expect(streams.count('chat')).toBe(0)
    expect(clock.pending).toBe(timers)
  })

  test('close when a frame is unread for a minute, even the first one', async () => {
    const { open, clock, streams } = await openStreams()
    const read = open()
    await read.next()
    open()
    for (let beat = 0; beat < 16; beat++) {
      const next = read.next()
      await clock.advance(5_000)
      expect((await next).value).toMatchObject({ frame: { type: 'heartbeat' } })
    }
    expect(streams.count('chat')).toBe(1)
    await read.return()
    await clock.advance(80_000)
    expect(clock.pending).toBeLessThan(4)
  })
})
