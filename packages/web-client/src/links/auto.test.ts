import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

import { RPCHandler as HttpHandler } from '@orpc/server/node'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'

import { type Script, ScriptedServer } from '../../tests/support/harness.ts'
import { createChatClient } from '../create-chat-client.ts'
import { auto, type AutoOptions, speaksHttp2 } from './auto.ts'

/** A server of both kinds; `upgrades` tells how it answers the handshake of a WebSocket. */
async function setUp({ upgrades = true }: { upgrades?: boolean } = {}) {
  const script: Script = { interrupt: async () => ({ interrupted: true }) }
  const router = new ScriptedServer(script).router()
  const over: string[] = []
  const state = { upgrades, up: true }
  const http = new HttpHandler(router)
  const server: Server = createServer((request, response) => {
    if (!state.up) return void response.writeHead(502).end()
    over.push('http')
    void http.handle(request, response, { prefix: '/rpc', context: {} })
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!state.up || !state.upgrades) return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    over.push('upgrade')
    sockets.handleUpgrade(request, socket, head, (one) => {
      void new SocketHandler(router).upgrade(one, { context: {} })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connect = (options: Partial<AutoOptions> = {}) => {
    const link = auto({ url: `http://127.0.0.1:${port}/rpc`, ...options })
    const client = createChatClient({ link })
    onTestFinished(() => client.close())
    return client.rpc.runs
  }
  const drop = () => {
    for (const socket of sockets.clients) socket.terminate()
  }
  onTestFinished(() => {
    drop()
    server.closeAllConnections()
    server.close()
  })
  return { connect, drop, over, state }
}

const input = { sessionId: 's' }
const answer = { interrupted: true }

test('calls go over one WebSocket', async () => {
  const { connect, over } = await setUp()
  const runs = connect()
  expect(await Promise.all([runs.interrupt(input), runs.interrupt(input)])).toEqual([
    answer,
    answer,
  ])
  expect(over).toEqual(['upgrade'])
})

test('if an upgrade fails, calls go over HTTP and no more upgrades are tried', async () => {
  const { connect, over, state } = await setUp({ upgrades: false })
  const runs = connect()
  expect(await runs.interrupt(input)).toEqual(answer)
  state.upgrades = true
  expect(await runs.interrupt(input)).toEqual(answer)
  expect(over).toEqual(['http', 'http'])
})

test('a server that is down proves nothing about upgrades', async () => {
  const { connect, over, state } = await setUp()
  const runs = connect()
  state.up = false
  await expect(runs.interrupt(input)).rejects.toMatchObject({ status: 502 })
  state.up = true
  expect(await runs.interrupt(input)).toEqual(answer)
  expect(over).toEqual(['upgrade'])
})

test('sockets are tried again after calls went over HTTP, if one was open before', async () => {
  const { connect, drop, over, state } = await setUp()
  const runs = connect()
  await runs.interrupt(input)
  state.upgrades = false
  drop()
  await expect.poll(() => runs.interrupt(input).catch(() => undefined)).toEqual(answer)
  state.upgrades = true
  expect(await runs.interrupt(input)).toEqual(answer)
  expect(over).toEqual(['upgrade', 'http', 'upgrade'])
})

test('without a WebSocket, calls go over HTTP', async () => {
  const { connect, over } = await setUp()
  const given = globalThis.WebSocket
  onTestFinished(() => void (globalThis.WebSocket = given))
  Reflect.deleteProperty(globalThis, 'WebSocket')
  expect(await connect().interrupt(input)).toEqual(answer)
  expect(over).toEqual(['http'])
})

test.each([
  ['h2', true],
  ['h3', true],
  ['http/1.1', false],
  ['', false],
])('a page that came over %j has room for many streams: %s', (nextHopProtocol, expected) => {
  const page = { name: 'https://chat.example/a', nextHopProtocol }
  expect(speaksHttp2('https://chat.example', [page])).toBe(expected)
})

test('the newest request to the same origin with a known protocol counts', () => {
  const requests = [
    { name: 'https://chat.example/', nextHopProtocol: 'http/1.1' },
    { name: 'https://chat.example/main.js', nextHopProtocol: 'h2' },
    { name: 'https://chat.example/blocked', nextHopProtocol: '' },
    { name: 'https://cdn.example/', nextHopProtocol: 'http/1.1' },
    { name: 'first-paint', nextHopProtocol: 'http/1.1' },
  ]
  expect(speaksHttp2('https://chat.example', requests)).toBe(true)
  expect(speaksHttp2('https://other.example', requests)).toBe(false)
})
