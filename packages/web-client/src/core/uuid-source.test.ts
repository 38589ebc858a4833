import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { uuidSource } from './uuid-source.ts'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('an id has the form of a UUID of version 7 and begins with the time', () => {
  const newId = uuidSource({ now: () => 0x01_8f_00_00_00_2a + 0.5 })
  const id = newId()
  expect(id).toMatch(form)
  expect(id).toMatch(/^018f0000-002a-7000-/)
  expect(uuidSource({ now: () => 0x01_8f_00_00_00_2a })()).not.toBe(id)
})

test('ids sort in the order in which they were made: within a millisecond, and if the clock is set back', () => {
  let now = 1_700_000_000_000
  const newId = uuidSource({ now: () => now })
  // More than the count has room for.
  const ids = Array.from({ length: 10_000 }, newId)
  now -= 60_000
  ids.push(newId(), newId())
  now += 120_000
  ids.push(newId())
  expect(ids).toEqual([...new Set(ids)].sort())
  for (const id of ids) expect(id).toMatch(form)
})

test('an id needs no secure origin', () => {
  const { randomUUID } = crypto
  Object.assign(crypto, { randomUUID: undefined })
  try {
    expect(uuidSource(new ManualClock())()).toMatch(form)
  } finally {
    Object.assign(crypto, { randomUUID })
  }
})
