import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { Maintenance } from './maintenance.ts'

/** Maintenance that has `work` steps to do whenever it looks, on a clock that the test moves. */
function openMaintenance(step: () => Promise<boolean> | boolean = () => false) {
  const clock = new ManualClock()
  const steps: number[] = []
  let finished = 0
  const maintenance = new Maintenance(clock, {
    maintain: async () => {
      steps.push(clock.monotonic())
      return step()
    },
    finished: () => finished++,
  })
  maintenance.touched('structural')
  return { clock, maintenance, steps, finished: () => finished }
}

test('looks once after opening for work of an earlier process', async () => {
  const { clock, steps } = openMaintenance()
  await clock.advance(49)
  expect(steps).toEqual([])
  await clock.advance(1)
  expect(steps).toEqual([50])
})

test('begins 50 ms after the last structural commit', async () => {
  const { clock, maintenance, steps } = openMaintenance()
  await clock.advance(2_000)
  steps.length = 0
  for (let n = 0; n < 3; n++) {
    maintenance.touched('structural')
    await clock.advance(40)
  }
  expect(steps).toEqual([])
  await clock.advance(10)
  expect(steps).toHaveLength(1)
})

test('leaves a second between two runs', async () => {
  const { clock, maintenance, steps } = openMaintenance()
  await clock.advance(50)
  maintenance.touched('structural')
  await clock.advance(900)
  maintenance.touched('structural')
  await clock.advance(99)
  expect(steps).toEqual([50])
  await clock.advance(1)
  expect(steps).toEqual([50, 1_050])
})

test('is put off by a second at most under continuous commits', async () => {
  const { clock, maintenance, steps } = openMaintenance()
  await clock.advance(200)
  steps.length = 0
  for (let n = 0; n < 99; n++) {
    maintenance.touched('structural')
    await clock.advance(30)
  }
  expect(steps).toHaveLength(2)
})

test('begins after a second if only deltas are committed', async () => {
  const { clock, maintenance, steps } = openMaintenance()
  await clock.advance(200)
  steps.length = 0
  maintenance.touched('deltas')
  await clock.advance(999)
  expect(steps).toEqual([])
  await clock.advance(1)
  expect(steps).toHaveLength(1)
})

test('works step by step until nothing is left', async () => {
  let left = 5
  let atOnce = 0
  const { clock, steps, finished } = openMaintenance(async () => {
    atOnce++
    await Promise.resolve()
    expect(atOnce--).toBe(1)
    return --left > 0
  })
  await clock.advance(100)
  expect(steps).toHaveLength(5)
  expect(finished()).toBe(1)
})

test('looks again after commits during its last step', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let calls = 0
  const { clock, maintenance, steps } = openMaintenance(() => (calls++ === 0 ? promise : false))
  await clock.advance(50)
  maintenance.touched('structural')
  await clock.advance(5_000)
  expect(steps).toHaveLength(1)
  resolve(false)
  await clock.advance(50)
  expect(steps).toHaveLength(2)
})

test('waits a second after deltas during its last step', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let calls = 0
  const { clock, maintenance, steps } = openMaintenance(() => (calls++ === 0 ? promise : false))
  await clock.advance(50)
  maintenance.touched('deltas')
  resolve(false)
  await clock.advance(999)
  expect(steps).toHaveLength(1)
  await clock.advance(1)
  expect(steps).toHaveLength(2)
})

test('looks once more some seconds later, and then every hour', async () => {
  const { clock, steps } = openMaintenance()
  await clock.advance(50 + 15_000)
  expect(steps).toHaveLength(2)
  await clock.advance(3 * 3_600_000)
  expect(steps).toHaveLength(5)
})

test('retries a failed step with growing delays, and shows it', async () => {
  let fails = true
  const { clock, maintenance, steps } = openMaintenance(() => {
    if (fails) throw new Error('disk full')
    return false
  })
  await clock.advance(50 + 100 + 200 + 400)
  expect(steps).toEqual([50, 150, 350, 750])
  expect(maintenance).toMatchObject({ failures: 4, lastError: 'Error: disk full' })
  await clock.advance(600_000)
  const tried = steps.length
  await clock.advance(60_000)
  expect(steps).toHaveLength(tried + 1)
  fails = false
  await clock.advance(60_000)
  expect(maintenance.lastError).toBeUndefined()
})

test('does the rest when it is closed, and nothing later', async () => {
  let left = 3
  const { clock, maintenance, steps } = openMaintenance(() => --left > 0)
  await maintenance.close()
  expect(steps).toHaveLength(3)
  maintenance.touched('structural')
  await clock.advance(4_000_000)
  expect(steps).toHaveLength(3)
  expect(clock.pending).toBe(0)
})

test('stops at the signal when it is closed', async () => {
  const controller = new AbortController()
  const { maintenance, steps } = openMaintenance(() => {
    if (steps.length === 2) controller.abort()
    return true
  })
  await maintenance.close(controller.signal)
  expect(steps).toHaveLength(2)
})

test('ends with a failed step when it is closed, and shows it', async () => {
  const { maintenance } = openMaintenance(() => {
    throw new Error('disk full')
  })
  await maintenance.close()
  expect(maintenance).toMatchObject({ failures: 1, lastError: 'Error: disk full' })
})
