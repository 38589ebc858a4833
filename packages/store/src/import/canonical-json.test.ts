import fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonicalJson } from './canonical-json.ts'

test('is JSON of an equal value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme-ascii' }), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse())
      expect(canonicalJson([reversed])).toBe(canonicalJson([value]))
    }),
  )
})

test.each([
  ['1000', '1000.0'],
  ['1000', '1e3'],
  ['0', '-0'],
  ['{"a":1,"b":[2.50]}', '{ "b": [2.5], "a": 1.0 }'],
  ['"\\u00e9"', '"e\\u0301"'],
  ['{"\\u00e9":1}', '{"e\\u0301":1}'],
])('takes %s and %s for one', (one, other) => {
  expect(canonicalJson(JSON.parse(one))).toBe(canonicalJson(JSON.parse(other)))
})

test.each([
  ['1000', '"1000"'],
  ['[1,2]', '[2,1]'],
  ['{}', '[]'],
  ['null', 'false'],
  ['{"a":null}', '{}'],
  ['"\\ud800"', '"\\ud801"'],
])('tells %s from %s', (one, other) => {
  expect(canonicalJson(JSON.parse(one))).not.toBe(canonicalJson(JSON.parse(other)))
})

test('leaves out members that are undefined, as JSON does', () => {
  expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}')
})
