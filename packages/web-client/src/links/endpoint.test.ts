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

test('a relative URL outside a page is refused when it is used, with its value', async () => {
  await expect(resolveUrl('/rpc')).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('Outside a page'),
    data: { field: 'url', value: '/rpc' },
  })
})

test('a function is called at each use, and awaited no longer than its signal allows', async () => {
  let asked = 0
  const url = async () => `http://chat.example/rpc?token=${++asked}`
  expect((await resolveUrl(url)).search).toBe('?token=1')
  expect((await resolveUrl(url)).search).toBe('?token=2')
  const signal = AbortSignal.abort(new Error('no longer wanted'))
  await expect(resolveUrl(() => new Promise(() => {}), signal)).rejects.toThrow('no longer wanted')
})
