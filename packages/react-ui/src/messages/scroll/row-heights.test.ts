import { describe, expect, it } from 'vitest'

import { RowHeights, rowsWithin } from './row-heights.ts'

describe('rowsWithin', () => {
  const heights = [10, 20, 30, 40, 50]

  it.each([
    [0, 10, { start: 0, end: 1, before: 0, after: 140 }],
    [0, 11, { start: 0, end: 2, before: 0, after: 120 }],
    [10, 31, { start: 1, end: 3, before: 10, after: 90 }],
    [59, 61, { start: 2, end: 4, before: 30, after: 50 }],
    [-500, 900, { start: 0, end: 5, before: 0, after: 0 }],
    [900, 990, { start: 4, end: 5, before: 100, after: 0 }],
    [-90, -10, { start: 0, end: 1, before: 0, after: 140 }],
  ])('from %i to %i px', (top, bottom, range) => {
    expect(rowsWithin(heights, top, bottom)).toEqual(range)
  })

  it('has no rows where there are none', () => {
    expect(rowsWithin([], 0, 100)).toEqual({ start: 0, end: 0, before: 0, after: 0 })
  })
})

describe('RowHeights', () => {
  it('prefers what was measured, and tells what is new', () => {
    const heights = new RowHeights()
    expect(heights.measured('b', 7)).toBe(true)
    expect(heights.measured('b', 7)).toBe(false)
    expect(heights.of(['a', 'b', 'c'], (index) => index * 100)).toEqual([0, 7, 200])
  })
})
