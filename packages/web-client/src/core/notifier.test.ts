import { ManualClock } from '@caughtup/schema/testing'
import { expect, test, vi } from 'vitest'

import { frameSchedule, Notifier } from './notifier.ts'

test('many requests of many views share one frame, and each task runs once in it', async () => {
  const clock = new ManualClock()
  const schedule = vi.fn(frameSchedule(clock))
  const notifier = new Notifier({ clock, schedule, every: 0 })
  const [a, b] = [vi.fn(), vi.fn()]
  for (let i = 0; i < 100; i++) {
    notifier.request(a)
    notifier.request(b)
  }
  expect(a).not.toHaveBeenCalled()
  await clock.advance(16)
  expect(schedule).toHaveBeenCalledTimes(1)
  expect([a, b].map((task) => task.mock.calls.length)).toEqual([1, 1])
})

test('a task that another task requests runs in the next frame', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier({ clock, schedule: frameSchedule(clock), every: 0 })
  const later = vi.fn()
  notifier.request(() => notifier.request(later))
  await clock.advance(16)
  expect(later).not.toHaveBeenCalled()
  await clock.advance(16)
  expect(later).toHaveBeenCalledTimes(1)
})

test('a closed notifier runs nothing and leaves no timer', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier({ clock, schedule: frameSchedule(clock), every: 0 })
  const task = vi.fn()
  notifier.request(task)
  notifier.close()
  await clock.advance(100)
  expect(task).not.toHaveBeenCalled()
  expect(clock.pending).toBe(0)
})

test('notifications are at least the given time apart, the first one comes at once', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier({ clock, schedule: frameSchedule(clock), every: 100 })
  const times: number[] = []
  for (let ms = 0; ms < 300; ms++) {
    notifier.request(() => times.push(clock.monotonic()))
    await clock.advance(1)
  }
  const [first = 0] = times
  expect(first).toBe(16)
  // A wait of 100 ms ends between two frames, and the next one is at most 16 ms later.
  expect([...new Set(times)]).toEqual([first, first + 116, first + 232])
  await clock.advance(1_000)
  const again = vi.fn()
  notifier.request(again)
  await clock.advance(16)
  expect(again).toHaveBeenCalledTimes(1)
})

test('what is requested soon does not wait, and takes along what waits', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier({ clock, schedule: frameSchedule(clock), every: 1_000 })
  const [waiting, soon] = [vi.fn(), vi.fn()]
  notifier.request(() => {})
  await clock.advance(16)
  notifier.request(waiting)
  await clock.advance(100)
  expect(waiting).not.toHaveBeenCalled()
  notifier.requestSoon(soon)
  await clock.advance(16)
  expect([waiting, soon].map((task) => task.mock.calls.length)).toEqual([1, 1])
  await clock.advance(2_000)
  expect([waiting, soon].map((task) => task.mock.calls.length)).toEqual([1, 1])
})

test('a notifier that is closed while it waits leaves no timer', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier({ clock, schedule: frameSchedule(clock), every: 1_000 })
  const task = vi.fn()
  notifier.request(() => {})
  await clock.advance(16)
  notifier.request(task)
  notifier.close()
  await clock.advance(2_000)
  expect(task).not.toHaveBeenCalled()
  expect(clock.pending).toBe(0)
})
