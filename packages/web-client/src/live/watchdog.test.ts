import type { Clock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import { expect, test, vi } from 'vitest'

import { Watchdog } from './watchdog.ts'

test('silence is reported once, after the interval', async () => {
  const clock = new ManualClock()
  const silent = vi.fn()
  const watchdog = new Watchdog(clock, 15_000, silent)
  await clock.advance(14_999)
  expect(silent).not.toHaveBeenCalled()
  await clock.advance(1)
  expect(silent).toHaveBeenCalledTimes(1)
  await clock.advance(60_000)
  expect(silent).toHaveBeenCalledTimes(1)
  watchdog.stop()
})

test('the interval starts over at each sign of life', async () => {
  const clock = new ManualClock()
  const silent = vi.fn()
  const watchdog = new Watchdog(clock, 15_000, silent)
  for (let heard = 0; heard < 10; heard++) {
    await clock.advance(14_000)
    watchdog.touch()
  }
  expect(silent).not.toHaveBeenCalled()
  await clock.advance(15_000)
  expect(silent).toHaveBeenCalledTimes(1)
})

test('a step of the wall clock changes nothing', async () => {
  const clock = new ManualClock()
  const silent = vi.fn()
  const watchdog = new Watchdog(clock, 15_000, silent)
  clock.stepWall(3_600_000)
  await clock.advance(14_999)
  expect(silent).not.toHaveBeenCalled()
  watchdog.stop()
})

test('a stopped watchdog leaves no timer', async () => {
  const clock = new ManualClock()
  new Watchdog(clock, 15_000, () => {}).stop()
  expect(clock.pending).toBe(0)
})

/** A clock whose one timer the test fires, at any time. */
class SleepyClock implements Clock {
  elapsed = 0
  #timer: (() => void) | undefined
  now = () => this.elapsed
  monotonic = () => this.elapsed

  after = (_ms: number, callback: () => void) => {
    this.#timer = callback
    return () => void (this.#timer = undefined)
  }

  wakeAfter(ms: number): void {
    this.elapsed += ms
    const timer = this.#timer
    this.#timer = undefined
    timer?.()
  }
}

test('after a suspend the stream gets one more interval', () => {
  const clock = new SleepyClock()
  const silent = vi.fn()
  const watchdog = new Watchdog(clock, 15_000, silent)
  clock.wakeAfter(3_600_000)
  expect(silent).not.toHaveBeenCalled()
  watchdog.touch()
  clock.wakeAfter(3_600_000)
  expect(silent).not.toHaveBeenCalled()
  clock.wakeAfter(15_000)
  expect(silent).toHaveBeenCalledTimes(1)
})

test('timers that are always late, as on a hidden page, delay the report only once', () => {
  const clock = new SleepyClock()
  const silent = vi.fn()
  new Watchdog(clock, 15_000, silent)
  clock.wakeAfter(60_000)
  expect(silent).not.toHaveBeenCalled()
  clock.wakeAfter(60_000)
  expect(silent).toHaveBeenCalledTimes(1)
})
