import { describe, expect, it } from 'vitest'

import { duration, shortAge } from './time.ts'

describe('shortAge', () => {
  it.each([
    [59_999, 'now'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [6 * 86_400_000, '6 d'],
  ])('calls %d ms %j', (age, text) => {
    expect(shortAge(1_000, 1_000 + age)).toBe(text)
  })

  it('calls a moment in the future "now", for a clock that is ahead', () => {
    expect(shortAge(5_000, 1_000)).toBe('now')
  })
})

describe('duration', () => {
  it.each([
    [840, '0.8 s'],
    [12_300, '12 s'],
    [185_000, '3 min 5 s'],
  ])('calls %d ms %j', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})
