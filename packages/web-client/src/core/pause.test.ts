import { ManualClock, settle } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { pause } from './pause.ts'
import { FakeNetwork } from '../../tests/support/harness.ts'

function paused(patient: boolean) {
  const clock = new ManualClock()
  const network = new FakeNetwork()
  const abort = new AbortController()
  let over = false
  const waiting = pause({ clock, network }, 10_000, patient, abort.signal).then(() => {
    over = true
  })
  return { clock, network, abort, waiting, isOver: () => settle().then(() => over) }
}

test('a pause ends when its time is up', async () => {
  const { clock, isOver } = paused(false)
  await clock.advance(9_999)
  expect(await isOver()).toBe(false)
  await clock.advance(1)
  expect(await isOver()).toBe(true)
})

test('coming online ends a pause, going offline does not', async () => {
  const { network, isOver, clock } = paused(false)
  network.change({ online: false })
  expect(await isOver()).toBe(false)
  network.change({ online: true })
  expect(await isOver()).toBe(true)
  expect(clock.pending).toBe(0)
})

test('becoming visible ends a pause, being hidden does not', async () => {
  const { network, isOver } = paused(false)
  network.change({ visible: false })
  expect(await isOver()).toBe(false)
  network.change({ visible: true })
  expect(await isOver()).toBe(true)
})

test('a pause that the server asked for is kept whole', async () => {
  const { network, isOver, clock } = paused(true)
  network.change({ online: false })
  network.change({ online: true })
  expect(await isOver()).toBe(false)
  await clock.advance(10_000)
  expect(await isOver()).toBe(true)
})

test('an abort rejects with its reason and leaves no timer', async () => {
  const { abort, waiting, clock } = paused(false)
  const reason = new Error('enough')
  abort.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  expect(clock.pending).toBe(0)
})
