import fc from 'fast-check'
import { expect, test } from 'vitest'

import { decodeCursor, encodeCursor } from './cursor.ts'

test('an encoded cursor decodes to itself', () => {
  const word = (min: number, max: number) =>
    fc.stringMatching(new RegExp(`^[A-Za-z0-9_-]{${min},${max}}$`))
  const cursor = fc.record({ journal: word(1, 32), seq: fc.nat(), tag: word(0, 16) })
  fc.assert(
    fc.property(cursor, (value) => {
      expect(decodeCursor(encodeCursor(value))).toEqual(value)
    }),
  )
})

test.each([
  '',
  'x',
  'a.b.c',
  'a.1',
  'a.-1.t',
  'a.01.t',
  'a.1.t.u',
  '.1.t',
  'a.1e3.t',
  'ä.1.t',
  'a.1.t\n',
])('%j is not a cursor', (text) => expect(decodeCursor(text)).toBeUndefined())
