import { expect, test } from 'vitest'

import { webSocketUrlOf } from './endpoint.ts'

test.each([
  ['http://localhost:4000/rpc', 'ws://localhost:4000/rpc/ws'],
  ['https://chat.example/rpc/', 'wss://chat.example/rpc/ws'],
  ['https://chat.example/api/rpc?tenant=a', 'wss://chat.example/api/rpc/ws?tenant=a'],
])('the WebSocket of %s is %s', (url, expected) => {
  expect(webSocketUrlOf(url).href).toBe(expected)
})
