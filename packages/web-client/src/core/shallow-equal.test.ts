import { expect, test } from 'vitest'

import { shallowEqual } from './shallow-equal.ts'

const item = { id: 'a' }

test.each([
  ['the same values', 1, 1, true],
  ['values that are not numbers', NaN, NaN, true],
  ['other values', 1, 2, false],
  ['nothing and nothing else', null, undefined, false],
  ['arrays of the same', [1, item], [1, item], true],
  ['arrays of equal but different objects', [{ id: 'a' }], [{ id: 'a' }], false],
  ['a longer array', [1], [1, 2], false],
  ['objects with the same fields', { a: 1, item }, { item, a: 1 }, true],
  ['objects with other fields', { a: 1 }, { b: 1 }, false],
  ['an object with one more field', { a: 1 }, { a: 1, b: 2 }, false],
  ['an array and an object', [], {}, false],
  ['dates', new Date(0), new Date(1), false],
  ['maps', new Map([[1, 1]]), new Map([[1, 2]]), false],
])('%s', (_, a, b, equal) => {
  expect(shallowEqual(a, b)).toBe(equal)
  expect(shallowEqual(b, a)).toBe(equal)
})
