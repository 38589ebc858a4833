import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { withHeartbeat } from './with-heartbeat.ts'

/** A source whose frames a test releases one by one. */
function source() {
  const pulls: PromiseWithResolvers<IteratorResult<number, void>>[] = []
  let returned = 0
  const iterator: AsyncIterator<number, void> = {
    next() {
      const pull = Promise.withResolvers<IteratorResult<number, void>>()
      pulls.push(pull)
      return pull.promise
    },
    async return() {
      returned++
      return { done: true, value: undefined }
    },
  }
  return { iterator, pulls, returned: () => returned }
}

describe('a stream with heartbeats', () => {
  test('sends heartbeats while its source is busy, and loses no frame', async () => {
    const clock = new ManualClock()
    const { iterator, pulls } = source()
    const stream = withHeartbeat(iterator, { clock, every: 5_000 })
    for (let beat = 1; beat <= 3; beat++) {
      const next = stream.next()
      await clock.advance(5_000)
      expect((await next).value).toEqual({ frame: { type: 'heartbeat', at: clock.now() } })
    }
    const next = stream.next()
    await settle()
    pulls[0]?.resolve({ done: false, value: 1 })
    expect((await next).value).toBe(1)
    expect(pulls).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  test('delivers a frame that arrived while nobody pulled', async () => {
    const clock = new ManualClock()
    const { iterator, pulls } = source()
    const stream = withHeartbeat(iterator, { clock, every: 5_000 })
    const first = stream.next()
    await clock.advance(5_000)
    await first
    pulls[0]?.resolve({ done: false, value: 7 })
    await settle()
    expect((await stream.next()).value).toBe(7)
  })

  test('sends heartbeats between the frames of a busy source', async () => {
    const clock = new ManualClock()
    async function* busy() {
      for (let i = 0; ; i++) yield i
    }
    const stream = withHeartbeat(busy(), { clock, every: 5_000 })
    expect((await stream.next()).value).toBe(0)
    await clock.advance(5_001)
    expect((await stream.next()).value).toMatchObject({ frame: { type: 'heartbeat' } })
    expect((await stream.next()).value).toBe(1)
    expect((await stream.next()).value).toBe(2)
  })

  test('fails and ends as its source does, and releases it', async () => {
    const clock = new ManualClock()
    const { iterator, pulls, returned } = source()
    const stream = withHeartbeat(iterator, { clock, every: 5_000 })
    const next = stream.next()
    await settle()
    pulls[0]?.reject(new Error('broken'))
    await expect(next).rejects.toThrow('broken')
    expect(returned()).toBe(1)
    expect(clock.pending).toBe(0)
  })
})
