import type { CaughtupError } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { Broker } from './broker.ts'

async function read<T>(entries: AsyncIterator<T>, count: number): Promise<T[]> {
  const values: T[] = []
  for (let i = 0; i < count; i++) {
    const { value, done } = await entries.next()
    if (done) break
    values.push(value)
  }
  return values
}

test('lossy publish counts the entries that a full subscriber misses', async () => {
  const broker = new Broker<number>({ clock: new ManualClock(), capacity: 1 })
  const slow = broker.subscribe()
  for (let i = 0; i < 100; i++) broker.publish(i)
  expect(broker).toMatchObject({ dropCount: 99, mustDeliverDropCount: 0 })
  expect(await read(slow, 1)).toEqual([0])
})

test('must-deliver waits for room until its timeout, then counts separately', async () => {
  const clock = new ManualClock()
  const broker = new Broker<number>({ clock, capacity: 1, mustDeliverTimeout: 20 })
  broker.subscribe()
  broker.publish(0)
  let delivered = false
  const publishing = broker.publishMustDeliver(1).then(() => (delivered = true))
  await clock.advance(19)
  expect(delivered).toBe(false)
  await clock.advance(1)
  await publishing
  expect(broker).toMatchObject({ dropCount: 0, mustDeliverDropCount: 1 })
})

test('must-deliver with a reader delivers ten of ten, and drops none', async () => {
  const broker = new Broker<number>({ clock: new ManualClock(), capacity: 1 })
  const entries = read(broker.subscribe(), 10)
  for (let i = 0; i < 10; i++) await broker.publishMustDeliver(i)
  expect(await entries).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(broker).toMatchObject({ dropCount: 0, mustDeliverDropCount: 0 })
})

test('twenty stuck subscribers cost one timeout, not twenty', async () => {
  const clock = new ManualClock()
  const broker = new Broker<number>({ clock, capacity: 1, mustDeliverTimeout: 50 })
  for (let i = 0; i < 20; i++) broker.subscribe()
  broker.publish(0)
  const publishing = broker.publishMustDeliver(1)
  await clock.advance(50)
  await publishing
  expect(broker.mustDeliverDropCount).toBe(20)
})

test('no entry overtakes a must-deliver entry that waits for room', async () => {
  const broker = new Broker<string>({ clock: new ManualClock(), capacity: 1 })
  const entries = broker.subscribe()
  broker.publish('first')
  const publishing = broker.publishMustDeliver('second')
  broker.publish('lossy')
  expect(await read(entries, 2)).toEqual(['first', 'second'])
  await publishing
  expect(broker.dropCount).toBe(1)
})

test('a subscription ends by abort, by return (twice is harmless) and by close', async () => {
  const broker = new Broker<number>({ clock: new ManualClock() })
  const controller = new AbortController()
  const [aborted, returned, closed] = [
    broker.subscribe({ signal: controller.signal }),
    broker.subscribe(),
    broker.subscribe(),
  ]
  const waiting = aborted.next()
  await settle()
  controller.abort()
  expect((await waiting).done).toBe(true)
  await returned.return?.()
  await returned.return?.()
  expect((await returned.next()).done).toBe(true)
  broker.publish(1)
  broker.close()
  expect(await read(closed, 5)).toEqual([1])
})

test('a publisher that waits for room is released when its subscriber leaves', async () => {
  const broker = new Broker<number>({ clock: new ManualClock(), capacity: 1 })
  const entries = broker.subscribe()
  broker.publish(0)
  const publishing = broker.publishMustDeliver(1)
  await entries.return?.()
  await publishing
  expect(broker.mustDeliverDropCount).toBe(0)
})

test('two calls that wait at once each get an entry', async () => {
  const broker = new Broker<number>({ clock: new ManualClock() })
  const entries = broker.subscribe()
  const both = [entries.next(), entries.next()]
  await settle()
  broker.publish(1)
  broker.publish(2)
  expect(await Promise.all(both)).toMatchObject([{ value: 1 }, { value: 2 }])
})

test('a must-deliver timeout is reported once per subscriber, and each counts its misses', async () => {
  const clock = new ManualClock()
  const told: CaughtupError[] = []
  const timedOut = (error: CaughtupError) => void told.push(error)
  const broker = new Broker<number>({ clock, capacity: 1, mustDeliverTimeout: 20, timedOut })
  const slow = broker.subscribe({ name: 'The audit log' })
  const other = broker.subscribe()
  broker.publish(0)
  for (let i = 1; i <= 3; i++) {
    const publishing = broker.publishMustDeliver(i)
    await clock.advance(20)
    await publishing
  }
  expect(told).toMatchObject([
    {
      code: 'LIMIT_EXCEEDED',
      message: 'The audit log left 1 updates unread for 20 ms and misses an update.',
      data: { limit: 20, reason: 'must-deliver-timeout' },
    },
    { message: expect.stringContaining('A subscriber') },
  ])
  expect(slow.missed).toBe(3)
  expect(other.missed).toBe(3)
  expect(broker.mustDeliverDropCount).toBe(6)
})

test.each([0, -1, NaN, Infinity, 2 ** 31])(
  'a must-deliver timeout of %d is refused',
  (mustDeliverTimeout) => {
    expect(() => new Broker({ clock: new ManualClock(), mustDeliverTimeout })).toThrow(
      `mustDeliverTimeout is ${mustDeliverTimeout}, and must be a number of ms above 0`,
    )
  },
)
