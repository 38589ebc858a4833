import { expect, test } from 'vitest'

import { disposition, safeFilename } from './filename.ts'

test.each([
  ['photo.png', 'photo.png'],
  ['Bild „1“ 🖼.png', 'Bild „1“ 🖼.png'],
  ['../../etc/passwd', 'passwd'],
  [String.raw`C:\secret\photo.png`, 'photo.png'],
  ['..', undefined],
  ['.htaccess', 'htaccess'],
  ['', undefined],
  ['   ', undefined],
  [null, undefined],
  ['a\r\nset-cookie: x=1.png', 'aset-cookie: x=1.png'],
  ['invoice\u202Egnp.exe', 'invoicegnp.exe'],
  ['half\uD800.png', 'half\uFFFD.png'],
  [`${'é'.repeat(300)}.png`, `${'é'.repeat(196)}.png`],
])('the name %j becomes %j', (name, safe) => {
  expect(safeFilename(name)).toBe(safe)
})

test.each([
  [undefined, 'inline'],
  ['a b.png', `inline; filename="a b.png"; filename*=UTF-8''a%20b.png`],
  ['ä"\\%.png', `inline; filename="____.png"; filename*=UTF-8''%C3%A4%22%5C%25.png`],
  ["it's (1)*!", `inline; filename="it's (1)*!"; filename*=UTF-8''it%27s%20%281%29%2A%21`],
])('the disposition of %j is a valid header', (name, header) => {
  expect(disposition('inline', name)).toBe(header)
  expect(() => new Headers({ 'content-disposition': header })).not.toThrow()
})
