import { ManualClock, settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { NumberFeed, numbersSource } from '../../tests/support/number-feed.ts'
import { openTestServer } from '../../tests/support/open-test-server.ts'
import { resolveOptions } from '../host/server-options.ts'
import { StreamRegistry } from '../streams/stream-registry.ts'
import { claimed, type StreamClaim, toEventIterator } from './event-iterator.ts'

async function openStreams() {
  const clock = new ManualClock()
  const { chat, store } = await openTestServer({ clock })
  const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
  const feed = new NumberFeed()
  const open = () => streams.open({ kind: 'chat', principal: 'me' }, numbersSource(feed))
  return { streams, feed, open, clock }
}

test('a stream that was claimed but whose call was refused is closed, and does not count', async () => {
  const { streams, open } = await openStreams()
  const claim: StreamClaim = {}
  const iterator = toEventIterator(open(), { claim, signal: undefined })
  expect(claimed(claim, iterator)).toBe(claim.stream)
  expect(streams.count('chat')).toBe(1)
  expect(claimed(claim, { json: { code: 'INTERNAL_SERVER_ERROR' } })).toBeUndefined()
  expect(streams.count('chat')).toBe(0)
})

test("a host's own handler pulls the frames, and its stream takes part in the hub between two pulls", async () => {
  const { streams, feed, open } = await openStreams()
  const iterator = toEventIterator(open(), { claim: undefined, signal: undefined })
  expect((await iterator.next()).value).toMatchObject({ type: 'replay', to: 0 })
  expect((await iterator.next()).value).toMatchObject({ name: 'presence' })
  for (let to = 1; to <= 3; to++) {
    const pulled = iterator.next()
    await new Promise((resolve) => setImmediate(resolve))
    feed.add()
    expect((await pulled).value).toMatchObject({ type: 'numbers', from: to - 1, to })
  }
  feed.add()
  feed.add()
  expect((await iterator.next()).value).toMatchObject({ from: 3, to: 5 })
  const waiting = iterator.next()
  await iterator.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  await settle()
  expect([streams.count('chat'), feed.followers]).toEqual([0, 0])
})

test('an abort of the call closes a stream that is pulled', async () => {
  const { streams, open } = await openStreams()
  const leaving = new AbortController()
  const iterator = toEventIterator(open(), { claim: undefined, signal: leaving.signal })
  await iterator.next()
  const waiting = iterator.next()
  leaving.abort()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(streams.count('chat')).toBe(0)
})
