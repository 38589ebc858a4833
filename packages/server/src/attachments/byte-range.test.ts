import { expect, test } from 'vitest'

import { byteRange } from './byte-range.ts'

test.each([
  [undefined, 10, undefined],
  ['bytes=0-3', 10, { from: 0, to: 4 }],
  ['bytes=4-', 10, { from: 4, to: 10 }],
  ['bytes=-3', 10, { from: 7, to: 10 }],
  ['bytes=-30', 10, { from: 0, to: 10 }],
  ['bytes=8-30', 10, { from: 8, to: 10 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-0', 0, 'unsatisfiable'],
  ['bytes=5-3', 10, undefined],
  ['bytes=0-1,4-5', 10, undefined],
  ['items=0-1', 10, undefined],
  ['bytes=-', 10, undefined],
] as const)('the range %j of %d bytes is %j', (header, size, range) => {
  expect(byteRange(header, size)).toEqual(range)
})
