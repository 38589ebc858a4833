import { Buffer } from 'node:buffer'

import { expect, test } from 'vitest'

import { isShownInline, saidType, typeOfFile } from './media-type.ts'

const bytes = {
  png: Buffer.from('\x89PNG\r\n\x1a\n....IHDR', 'latin1'),
  jpeg: Buffer.from('\xff\xd8\xff\xe0..JFIF', 'latin1'),
  gif: Buffer.from('GIF89a......'),
  webp: Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1'),
  avif: Buffer.from('\0\0\0\x1cftypavif\0\0\0\0', 'latin1'),
  pdf: Buffer.from('%PDF-1.7\n'),
  svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  html: Buffer.from('<!doctype html><script>alert(1)</script>'),
  wave: Buffer.from('RIFF\x10\x00\x00\x00WAVEfmt ', 'latin1'),
  mp4: Buffer.from('\0\0\0\x1cftypisom\0\0\0\0', 'latin1'),
  none: Buffer.alloc(0),
}

test.each([
  ['png', 'image/png', 'image/png'],
  ['jpeg', 'image/jpeg', 'image/jpeg'],
  ['gif', 'image/gif', 'image/gif'],
  ['webp', 'image/webp', 'image/webp'],
  ['avif', 'image/avif', 'image/avif'],
  ['pdf', 'application/pdf', 'application/pdf'],
  // Browsers go by the end of the name, and so may be wrong without a lie.
  ['png', 'image/jpeg', 'image/png'],
  ['pdf', 'text/plain', 'application/pdf'],
  ['jpeg', '', 'image/jpeg'],
  ['svg', 'image/png', undefined],
  ['html', 'image/gif', undefined],
  ['html', 'application/pdf', undefined],
  ['wave', 'image/webp', undefined],
  ['mp4', 'image/avif', undefined],
  ['none', 'image/png', undefined],
  ['svg', 'image/svg+xml', 'image/svg+xml'],
  ['html', 'text/plain', 'text/plain'],
] as const)('bytes of %s that are said to be %j are %j', (name, said, type) => {
  expect(typeOfFile(bytes[name], said)).toBe(type)
})

test('only images without scripts are shown inline', () => {
  expect(
    ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'].every(isShownInline),
  ).toBe(true)
  const others = ['image/svg+xml', 'text/html', 'application/pdf', 'text/plain', 'application/xml']
  expect(others.some(isShownInline)).toBe(false)
})

test('a content-type is read without its parameters', () => {
  expect(saidType(' Text/Plain ; charset=utf-8')).toBe('text/plain')
  expect(saidType(undefined)).toBe('')
})
