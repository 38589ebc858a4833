import { ManualClock, settle } from '@caughtup/schema/testing'
import { memory } from '@caughtup/store/memory'
import { expect, test } from 'vitest'

import { resolveOptions } from '../src/host/server-options.ts'
import { StreamRegistry } from '../src/streams/stream-registry.ts'
import { NumberFeed, numbersSource, ReadingClient } from './support/number-feed.ts'
import { openTestServer } from './support/open-test-server.ts'

/** The streams of so many server processes on one database. */
async function openProcesses(count: number, streamsPerPrincipal = 32) {
  const clock = new ManualClock()
  const storage = memory()
  const limits = { streamsPerPrincipal }
  const processes = Array.from({ length: count }, async () => {
    const { chat, store } = await openTestServer({ storage, clock, limits })
    const streams = new StreamRegistry(resolveOptions({ ...chat.settings, store }))
    const feed = new NumberFeed()
    const open = (streamId?: string, principal = 'ann', capacity = Number.POSITIVE_INFINITY) => {
      const owner = { kind: 'chat', principal, streamId } as const
      const stream = streams.open(owner, numbersSource(feed))
      const client = new ReadingClient(stream, capacity)
      stream.begin(client)
      return client
    }
    return { streams, open, store }
  })
  const [one, two, ...others] = await Promise.all(processes)
  if (!one || !two) throw new Error('Two or more.')
  return { clock, one, two, others }
}

const last = (client: ReadingClient) => client.frames.at(-1)?.frame

test('a stream replaces that of another process with its id, whose client is told', async () => {
  const { clock, one, two, others } = await openProcesses(3)
  const [older, laptop, ofBob] = [one.open('phone'), one.open('laptop'), one.open('phone', 'bob')]
  await clock.advance(2_000)
  const newer = two.open('phone')
  await clock.advance(1_000)
  expect(last(older)).toEqual({ type: 'end', reason: 'replaced' })
  expect([laptop, ofBob, newer].map(({ isOver }) => isOver)).toEqual([false, false, false])
  await clock.advance(5_000)
  // Nobody else has streams there, and nobody has asked.
  const newest = others[0]?.open('phone')
  await clock.advance(1_000)
  expect(last(newer)).toEqual({ type: 'end', reason: 'replaced' })
  expect(newest?.isOver).toBe(false)
})

test('of two streams with one id that were opened at once none is told to stay away', async () => {
  const { clock, one, two } = await openProcesses(2)
  const both = [one.open('phone'), two.open('phone')]
  await clock.advance(1_000)
  expect(both.some(({ isOver }) => isOver)).toBe(true)
  expect(both.map(last)).not.toContainEqual(expect.objectContaining({ type: 'end' }))
  await clock.advance(1_000)
  const again = two.open('phone')
  await clock.advance(30_000)
  expect(again.isOver).toBe(false)
})

test('a request that comes late, of a client that has gone on elsewhere, ends nothing', async () => {
  const { clock, one, two } = await openProcesses(2)
  const live = two.open('phone')
  await clock.advance(5_000)
  // Its connection was closed before it was read.
  one.open('phone').leave()
  await clock.advance(30_000)
  expect(live.isOver).toBe(false)
})

test('a principal has its streams through all processes together, and room for those that replace', async () => {
  const { clock, one, two } = await openProcesses(2, 3)
  const first = one.open('a')
  one.open('b')
  await clock.advance(2_000)
  two.open('c')
  await clock.advance(1_000)
  const full = { code: 'LIMIT_EXCEEDED', data: { limit: 3, retryAfter: expect.any(Number) } }
  for (const process of [one, two]) {
    expect(() => process.open('d')).toThrow(expect.objectContaining(full))
  }
  two.open('d', 'bob')
  two.open('b')
  await clock.advance(1_000)
  expect(() => two.open('d')).toThrow(expect.objectContaining(full))
  first.leave()
  await clock.advance(1_000)
  two.open('d')
  await clock.advance(60_000)
  expect(() => one.open('e')).not.toThrow()
})

test('streams that several processes let in before they heard of each other are cut down to the limit', async () => {
  const { clock, one, two, others } = await openProcesses(3, 4)
  const all = [one, two, ...others].flatMap(({ open }) =>
    Array.from({ length: 4 }, () => open(undefined)),
  )
  await clock.advance(1_000)
  expect(all.filter(({ isOver }) => !isOver)).toHaveLength(4)
})

test('what a dead process said counts for a minute, and a process that hears nothing counts its own', async () => {
  const { clock, one, two } = await openProcesses(2, 2)
  one.open()
  await clock.advance(1_000)
  two.open()
  await clock.advance(1_000)
  await two.store.close()
  await clock.advance(50_000)
  expect(() => one.open()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  await clock.advance(35_000)
  one.open()
  await settle()
  expect(one.streams.count('chat')).toBe(2)
})
