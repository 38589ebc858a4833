import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

import { RPCHandler as HttpHandler } from '@orpc/server/node'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'

import { type Script, ScriptedServer } from '../../tests/support/harness.ts'
import { serving, status } from '../../tests/support/play.ts'
import { Recording } from '../../tests/support/recording.ts'
import { createChatClient } from '../create-chat-client.ts'
import { auto, type AutoOptions } from './auto.ts'

/** A server of both kinds; `upgrades` tells how it answers the handshake of a WebSocket. */
async function setUp({ upgrades = true }: { upgrades?: boolean } = {}) {
  const script: Script = {
    interrupt: async () => ({ interrupted: true }),
    onChat: serving(...new Recording().full()),
  }
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
  const origin = `http://127.0.0.1:${port}`
  const open = (options: Partial<AutoOptions> = {}) => {
    const link = auto({ url: `${origin}/rpc`, ...options })
    const client = createChatClient({ link })
    onTestFinished(() => client.close())
    return client
  }
  const connect = (options: Partial<AutoOptions> = {}) => open(options).rpc.runs
  const drop = () => {
    for (const socket of sockets.clients) socket.terminate()
  }
  onTestFinished(() => {
    drop()
    server.closeAllConnections()
    server.close()
  })
  return { connect, drop, open, origin, over, state }
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

/** As in a browser, with all slots for streams of the server taken by other tabs until they are closed. */
function otherTabs(origin: string) {
  vi.stubGlobal('location', new URL(origin))
  const { promise, resolve: close } = Promise.withResolvers<void>()
  for (let index = 0; index < 4; index++) {
    void navigator.locks.request(`caughtup-sse-${index} ${origin}`, () => promise)
  }
  onTestFinished(() => {
    vi.unstubAllGlobals()
    close()
  })
  return { close }
}

test('a stream without a slot goes over a WebSocket, also if none could be opened before', async () => {
  const { open, origin, over, state } = await setUp({ upgrades: false })
  otherTabs(origin)
  const client = open()
  expect(await client.rpc.runs.interrupt(input)).toEqual(answer)
  state.upgrades = true
  const session = client.session('s')
  session.subscribe(() => {})
  await expect.poll(() => status(session)).toBe('live')
  expect(await client.rpc.runs.interrupt(input)).toEqual(answer)
  expect(over).toEqual(['http', 'upgrade'])
})

test('a stream without a slot waits for one where no WebSocket can be opened', async () => {
  const { open, origin, over } = await setUp({ upgrades: false })
  const tabs = otherTabs(origin)
  const session = open().session('s')
  session.subscribe(() => {})
  await expect.poll(() => status(session)).toBe('waiting')
  expect(session.getSnapshot().connection.error).toMatchObject({ data: { limit: 4 } })
  expect(await session.interrupt()).toEqual(answer)
  tabs.close()
  await expect.poll(() => status(session)).toBe('live')
  expect(over).toEqual(['http', 'http'])
})
