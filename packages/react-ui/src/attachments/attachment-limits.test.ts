import { expect, test } from 'vitest'

import { accepts, refusedAtOnce, refusedForSize } from './attachment-limits.ts'

const file = (size: number, name = 'a.png', type = 'image/png') =>
  new File([new Uint8Array(size)], name, { type })

test.each([
  ['', 'a.zip', 'application/zip', true],
  ['image/*', 'a.png', 'image/png', true],
  ['image/*', 'a.zip', 'application/zip', false],
  ['image/*', 'image', '', false],
  ['.pdf, image/*', 'A.PDF', '', true],
  ['application/pdf', 'a', 'application/pdf', true],
  ['application/pdf', 'a', 'application/pdfx', false],
])('a list %j has %s of the type %j: %s', (accept, filename, mediaType, expected) => {
  expect(accepts(accept, { filename, mediaType })).toBe(expected)
})

test('names what is refused at once, with the limit', () => {
  const limits = { accept: 'image/*', maxFiles: 2 }
  expect(refusedAtOnce(file(1), 1, limits)).toBeUndefined()
  expect(refusedAtOnce(file(1), 2, limits)).toEqual({
    filename: 'a.png',
    reason: 'files',
    limit: 2,
  })
  expect(refusedAtOnce(file(1, 'a.zip', 'application/zip'), 0, limits)).toEqual({
    filename: 'a.zip',
    reason: 'type',
    mediaType: 'application/zip',
    accept: 'image/*',
  })
  expect(refusedAtOnce(file(1), 10, {})).toMatchObject({ reason: 'files', limit: 10 })
})

test('a file may be as large as the limit, alone and with the others', () => {
  const limits = { maxBytes: 10, maxTotalBytes: 15 }
  expect(refusedForSize(file(10), 5, limits)).toBeUndefined()
  expect(refusedForSize(file(11), 0, limits)).toMatchObject({
    reason: 'bytes',
    bytes: 11,
    limit: 10,
  })
  expect(refusedForSize(file(10), 6, limits)).toMatchObject({
    reason: 'total-bytes',
    bytes: 10,
    limit: 15,
  })
  expect(refusedForSize(file(16), 0, { maxTotalBytes: 15 })).toMatchObject({
    reason: 'bytes',
    limit: 15,
  })
  expect(refusedForSize(file(1_000_000), 0, {})).toBeUndefined()
})
