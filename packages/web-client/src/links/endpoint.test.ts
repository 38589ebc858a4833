import { expect, test } from 'vitest'

import { resolveUrl, webSocketUrlOf } from './endpoint.ts'

test.each([
  ['http://localhost:4000/rpc', 'ws://localhost:4000/rpc/ws'],
  ['https://chat.example/api/', 'wss://chat.example/api/ws'],
  ['https://chat.example/rpc?as=me', 'wss://chat.example/rpc/ws?as=me'],
  ['wss://sockets.example/chat', 'wss://sockets.example/chat'],
])('the WebSocket of %s is at %s', (url, expected) => {
  expect(webSocketUrlOf(new URL(url)).href).toBe(expected)
})

test('a URL that is relative where there is no page is refused when it is used, by its name', async () => {
  await expect(resolveUrl('/rpc')).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('no page'),
    data: { field: 'url', value: '/rpc' },
  })
})

test('a function is asked at each use, and waited for no longer than the signal says', async () => {
  let asked = 0
  const url = async () => `http://chat.example/rpc?token=${++asked}`
  expect((await resolveUrl(url)).search).toBe('?token=1')
  expect((await resolveUrl(url)).search).toBe('?token=2')
  const signal = AbortSignal.abort(new Error('no longer wanted'))
  await expect(resolveUrl(() => new Promise(() => {}), signal)).rejects.toThrow('no longer wanted')
})
