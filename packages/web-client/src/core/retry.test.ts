import { ManualClock, settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { FakeNetwork } from '../../tests/support/harness.ts'
import { chatClientDefaults } from '../chat-client-options.ts'
import { retryWait, waitToRetry } from './retry.ts'

const { reconnect } = chatClientDefaults

test('delays double from the shortest to the longest', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 2_000].map(
    (failures) => retryWait(failures, undefined, reconnect, () => 1).delay,
  )
  expect(bounds).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
})

test('the jitter is full: a delay may be any share of its bound', () => {
  expect(retryWait(3, undefined, reconnect, () => 0).delay).toBe(0)
  expect(retryWait(3, undefined, reconnect, () => 0.25).delay).toBe(250)
})

function waiting(requested: boolean) {
  const clock = new ManualClock()
  const network = new FakeNetwork()
  const abort = new AbortController()
  let over = false
  const wait = waitToRetry({ clock, network }, { delay: 10_000, requested }, abort.signal)
  const ended = wait.then(() => {
    over = true
  })
  return { clock, network, abort, ended, isOver: () => settle().then(() => over) }
}

test('a wait ends after its delay', async () => {
  const { clock, isOver } = waiting(false)
  await clock.advance(9_999)
  expect(await isOver()).toBe(false)
  await clock.advance(1)
  expect(await isOver()).toBe(true)
})

test('coming online ends a wait, going offline does not', async () => {
  const { network, isOver, clock } = waiting(false)
  network.change({ online: false })
  expect(await isOver()).toBe(false)
  network.change({ online: true })
  expect(await isOver()).toBe(true)
  expect(clock.pending).toBe(0)
})

test('becoming visible ends a wait, being hidden does not', async () => {
  const { network, isOver } = waiting(false)
  network.change({ visible: false })
  expect(await isOver()).toBe(false)
  network.change({ visible: true })
  expect(await isOver()).toBe(true)
})

test('a wait that the server asked for lasts its whole delay', async () => {
  const { network, isOver, clock } = waiting(true)
  network.change({ online: false })
  network.change({ online: true })
  expect(await isOver()).toBe(false)
  await clock.advance(10_000)
  expect(await isOver()).toBe(true)
})

test('an abort rejects with its reason and leaves no timer', async () => {
  const { abort, ended, clock } = waiting(false)
  const reason = new Error('enough')
  abort.abort(reason)
  await expect(ended).rejects.toBe(reason)
  expect(clock.pending).toBe(0)
})
