import { expect, test } from 'vitest'

import { sleep } from '../base/clock.ts'
import { ManualClock } from './manual-clock.ts'

test('timers fire in order of time, with promises settled between them', async () => {
  const clock = new ManualClock()
  const seen: number[] = []
  const loop = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, 10)
      seen.push(clock.monotonic())
    }
  })()
  clock.after(15, () => seen.push(-15))
  await clock.advance(30)
  await loop
  expect(seen).toEqual([10, -15, 20, 30])
})

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = new ManualClock()
  const controller = new AbortController()
  const slept = sleep(clock, 10, controller.signal)
  controller.abort(new Error('enough'))
  await expect(slept).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})

test('a step of the wall clock moves no timer', async () => {
  const clock = new ManualClock()
  let fired = false
  clock.after(10, () => (fired = true))
  clock.stepWall(3_600_000)
  await clock.advance(9)
  expect(fired).toBe(false)
})
