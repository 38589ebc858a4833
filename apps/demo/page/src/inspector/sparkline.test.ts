import { expect, test } from 'vitest'

import { pathOf } from './sparkline.tsx'

const place = (value: number, index: number) => [index, value] as const

test('a line goes through all values', () => {
  expect(pathOf([1, 2, 3], place)).toBe('M0.0 1.0L1.0 2.0L2.0 3.0')
})

test('a missing value is a gap, after which a line begins', () => {
  expect(pathOf([1, undefined, 3, 4], place)).toBe('M0.0 1.0M2.0 3.0L3.0 4.0')
})
