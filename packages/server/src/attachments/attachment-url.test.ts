import { expect, test } from 'vitest'

import { attachmentPlace, attachmentUrl, uploadPlace } from './attachment-url.ts'

const place = { sessionId: 'session_1', id: 'file-2' }

test.each(['/rpc', '/', '/a/b'])('below %s, a URL names its place', (path) => {
  expect(attachmentPlace(path, attachmentUrl(path, place))).toEqual(place)
})

test.each([
  '/rpc/attachments/s',
  '/rpc/attachments/s/',
  '/rpc/attachments/s/a/b',
  '/rpc/attachments/../a',
  '/rpc/attachments/s/..',
  '/rpc/attachments/s/%2e%2e',
  '/rpc/attachments/s/a?x=1',
  '/rpc/attachments/s/a\n',
  `/rpc/attachments/s/${'a'.repeat(65)}`,
  '/rpcx/attachments/s/a',
  'https://evil.example/rpc/attachments/s/a',
  '//evil.example/rpc/attachments/s/a',
])('%j names no attachment', (url) => {
  expect(attachmentPlace('/rpc', url)).toBeUndefined()
})

test('uploads go to a session', () => {
  expect(uploadPlace('/rpc', '/rpc/attachments/s-1')).toBe('s-1')
  expect(uploadPlace('/rpc', '/rpc/attachments/')).toBeUndefined()
  expect(uploadPlace('/rpc', '/rpc/attachments/s\n')).toBeUndefined()
  expect(uploadPlace('/rpc', '/rpc/sessions/list')).toBeUndefined()
})
