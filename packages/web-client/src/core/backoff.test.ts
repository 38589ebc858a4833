import { expect, test } from 'vitest'

import { backoffDelay, defaultReconnect } from './backoff.ts'

test('delays double from the least to the most', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((failures) =>
    backoffDelay(failures, defaultReconnect, () => 1),
  )
  expect(bounds).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
})

test('the jitter is full: any share of the bound', () => {
  expect(backoffDelay(3, defaultReconnect, () => 0)).toBe(0)
  expect(backoffDelay(3, defaultReconnect, () => 0.25)).toBe(250)
})
