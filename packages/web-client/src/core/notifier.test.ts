import { ManualClock } from '@caughtup/schema/testing'
import { expect, test, vi } from 'vitest'

import { frameSchedule, Notifier } from './notifier.ts'

test('many requests of many views share one frame, and each task runs once in it', async () => {
  const clock = new ManualClock()
  const schedule = vi.fn(frameSchedule(clock))
  const notifier = new Notifier(schedule)
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
  const notifier = new Notifier(frameSchedule(clock))
  const later = vi.fn()
  notifier.request(() => notifier.request(later))
  await clock.advance(16)
  expect(later).not.toHaveBeenCalled()
  await clock.advance(16)
  expect(later).toHaveBeenCalledTimes(1)
})

test('a closed notifier runs nothing and leaves no timer', async () => {
  const clock = new ManualClock()
  const notifier = new Notifier(frameSchedule(clock))
  const task = vi.fn()
  notifier.request(task)
  notifier.close()
  await clock.advance(100)
  expect(task).not.toHaveBeenCalled()
  expect(clock.pending).toBe(0)
})
