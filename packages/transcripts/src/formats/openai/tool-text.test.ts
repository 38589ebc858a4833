import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readToolText, writeToolText } from './tool-text.ts'

test('any JSON value survives writing and reading', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json().map((text): unknown => JSON.parse(text)),
        fc.json(),
      ),
      (value) => {
        expect(readToolText(writeToolText(value))).toEqual(JSON.parse(JSON.stringify(value)))
      },
    ),
  )
})

test('a string that is not JSON is written as it is', () => {
  expect(writeToolText('3 degrees')).toBe('3 degrees')
  expect(writeToolText('"3 degrees"')).toBe('"\\"3 degrees\\""')
  expect(writeToolText(undefined)).toBe('null')
})

test.each([
  ['{ "a": [1.0, true] }', { a: [1, true] }],
  ['{"id":"1234567890123456789"}', { id: '1234567890123456789' }],
  ['42', 42],
  ['"a"', 'a'],
])('%s is read as a value', (text, value) => {
  expect(readToolText(text)).toEqual(value)
})

test.each([
  '1.10',
  '007',
  '12345678901234567890',
  '{"id":12345678901234567890}',
  '{"a":',
  ' "a"',
  '',
  `${'['.repeat(501)}${']'.repeat(501)}`,
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
])('%s stays a string', (text) => {
  expect(readToolText(text)).toBe(text)
})
