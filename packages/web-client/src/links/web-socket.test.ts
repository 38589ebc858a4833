import type { AddressInfo } from 'node:net'

import { ManualClock } from '@caughtup/schema/testing'
import { RPCHandler } from '@orpc/server/ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'

import {
  aborted,
  type Script,
  ScriptedServer,
  until as turnUntil,
} from '../../tests/support/harness.ts'
import { Recording } from '../../tests/support/recording.ts'
import { createChatClient } from '../create-chat-client.ts'
import type { WebSocketConstructor } from './rpc-socket.ts'
import { webSocket } from './web-socket.ts'

/** Real sockets take real time, so they get as many turns of the event loop as they need. */
const until = (condition: () => boolean) => turnUntil(condition, 1_000_000)

async function setUp(
  script: Script,
  { maxPayload = 1e6, WebSocket }: { maxPayload?: number; WebSocket?: WebSocketConstructor } = {},
) {
  const clock = new ManualClock()
  const server = new ScriptedServer(script)
  const handler = new RPCHandler(server.router())
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload })
  let connections = 0
  sockets.on('connection', (socket) => {
    connections += 1
    // After a message above the limit the socket reports an error and closes by itself.
    socket.on('error', () => undefined)
    void handler.upgrade(socket, { context: {} })
  })
  await new Promise((resolve) => sockets.once('listening', resolve))
  const { port } = sockets.address() as AddressInfo
  const client = createChatClient({
    link: webSocket({ url: `http://127.0.0.1:${port}/rpc`, ...(WebSocket && { WebSocket }) }),
    clock,
    random: () => 0.5,
  })
  onTestFinished(() => {
    client.close()
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
  })
  return { client, clock, server, sockets, connections: () => connections }
}

const recording = new Recording()
recording.message('question', 'user', 'Hi')
recording.message('answer', 'assistant', 'Hello')

const script: Script = {
  async *onChat(input, signal) {
    yield* input.mode.type === 'full' ? recording.full() : recording.since(2)
    await aborted(signal)
  },
  send: ({ messageId }) => Promise.resolve({ messageId: messageId!, runId: 'r', queued: false }),
}

test('every call names the version of the protocol', async () => {
  const { client, sockets } = await setUp(script)
  const sent: string[] = []
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => sent.push(data.toString()))
  })
  await client.session('a').send('Hi')
  client.session('a').subscribe(() => {})
  await until(() => sent.length >= 2)
  for (const message of sent) {
    expect(JSON.parse(message)).toMatchObject({ p: { h: { 'caughtup-protocol': '1' } } })
  }
})

test('streams and calls share one socket, and calls wait until it is open', async () => {
  const { client, clock, connections, server } = await setUp(script)
  const [a, b] = [client.session('a'), client.session('b')]
  a.subscribe(() => {})
  b.subscribe(() => {})
  await expect(a.send('Hi')).resolves.toMatchObject({ runId: 'r' })
  await until(() => a.stats().framesReceived + b.stats().framesReceived === 6)
  await clock.advance(16)
  expect(a.getSnapshot()).toMatchObject({ connection: { status: 'live' }, messages: [{}, {}] })
  expect(connections()).toBe(1)
  expect(server.open).toBe(2)
  expect(client.stats().bytesReceived).toBeGreaterThan(100)
})

test('a socket that the server drops is replaced once, on the schedule of the views', async () => {
  const { client, clock, connections, server, sockets } = await setUp(script)
  const views = ['a', 'b', 'c'].map((id) => client.session(id))
  for (const view of views) view.subscribe(() => {})
  const live = () =>
    views.every((view) => view.stats().framesReceived % 3 === 0 && view.stats().framesReceived > 0)
  await until(live)
  await clock.advance(16)
  for (const socket of sockets.clients) socket.terminate()
  await until(() => server.open === 0)
  await clock.advance(16)
  await until(() => views.every((view) => view.getSnapshot().connection.status !== 'live'))
  expect(connections()).toBe(1)
  await clock.advance(250)
  await until(() => views.every((view) => view.stats().framesReceived === 5))
  expect(connections()).toBe(2)
  expect(server.requests.slice(3).map(({ mode }) => mode.type)).toEqual(['since', 'since', 'since'])
})

test('leaving a view ends its stream on the server and keeps the socket', async () => {
  const { client, connections, server } = await setUp(script)
  const leave = client.session('a').subscribe(() => {})
  await until(() => server.open === 1)
  leave()
  await until(() => server.open === 0)
  await client.session('a').send('Hi')
  expect(connections()).toBe(1)
})

test('a view whose stream is silent closes the socket too', async () => {
  const { client, clock, connections, server, sockets } = await setUp(script)
  const session = client.session('a')
  session.subscribe(() => {})
  await until(() => session.stats().framesReceived === 3)
  for (const socket of sockets.clients) socket.pause()
  await clock.advance(15_000)
  await clock.advance(250)
  await until(() => session.stats().framesReceived === 5)
  expect(connections()).toBe(2)
  expect(server.requests[1]).toMatchObject({ mode: { cursor: recording.cursor() } })
})

test('heartbeats keep a quiet stream open', async () => {
  const beats = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const { client, clock, connections } = await setUp({
    async *onChat(_input, signal) {
      yield* recording.full()
      for (const beat of beats) {
        await beat.promise
        yield { frame: { type: 'heartbeat', at: 1 } }
      }
      await aborted(signal)
    },
  })
  const session = client.session('a')
  session.subscribe(() => {})
  await until(() => session.stats().framesReceived === 3)
  for (const [index, beat] of beats.entries()) {
    await clock.advance(10_000)
    beat.resolve()
    await until(() => session.stats().framesReceived === 4 + index)
  }
  expect(session.getSnapshot().connection.status).toBe('live')
  expect(connections()).toBe(1)
})

test('when its socket breaks, a prompt under way still arrives once', async () => {
  const ids: string[] = []
  const gate = Promise.withResolvers<void>()
  const { client, clock, connections, server, sockets } = await setUp({
    ...script,
    async send({ messageId }) {
      ids.push(messageId!)
      if (ids.length === 1) await gate.promise
      return { messageId: messageId!, runId: 'r', queued: false }
    },
  })
  const session = client.session('a')
  session.subscribe(() => {})
  await until(() => session.stats().framesReceived === 3)
  const sending = session.send('Hi')
  await until(() => ids.length === 1)
  for (const socket of sockets.clients) socket.terminate()
  await until(() => server.open === 0)
  await clock.advance(16)
  await until(() => session.getSnapshot().connection.status !== 'live')
  await clock.advance(250)
  await expect(sending).resolves.toMatchObject({ runId: 'r' })
  expect(new Set(ids).size).toBe(1)
  expect(connections()).toBe(2)
  gate.resolve()
})

test('a call that is not answered in time fails alone, and the streams continue', async () => {
  const beats = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { client, clock, connections } = await setUp({
    async *onChat(_input, signal) {
      yield* recording.full()
      for (const beat of beats) {
        await beat.promise
        yield { frame: { type: 'heartbeat', at: 1 } }
      }
      await aborted(signal)
    },
    markRead: () => new Promise(() => {}),
  })
  const session = client.session('a')
  session.subscribe(() => {})
  await until(() => session.stats().framesReceived === 3)
  const marking = Promise.allSettled([session.markRead(2)])
  for (const [index, beat] of beats.entries()) {
    await clock.advance(14_000)
    beat.resolve()
    await until(() => session.stats().framesReceived === 4 + index)
  }
  await clock.advance(2_000)
  expect(await marking).toMatchObject([{ status: 'rejected', reason: { code: 'NETWORK' } }])
  await clock.advance(100)
  expect(session.getSnapshot().connection.status).toBe('live')
  expect([connections(), session.stats().connects]).toEqual([1, 1])
})

test('a prompt that is too large for the server fails as TOO_LARGE and is sent once', async () => {
  const { client, connections } = await setUp(script, { maxPayload: 10_000 })
  const session = client.session('a')
  await expect(session.send('x'.repeat(20_000))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  await expect(session.send('small')).resolves.toMatchObject({ runId: 'r' })
  expect(connections()).toBe(2)
})

test('a socket that does not open in time fails its calls', async () => {
  class Stuck extends EventTarget {
    readonly OPEN = 1
    readonly readyState = 0
    close = () => {}
    send = () => {}
  }
  const clock = new ManualClock()
  const client = createChatClient({
    link: webSocket({ url: 'http://127.0.0.1:1/rpc', WebSocket: Stuck as never }),
    clock,
  })
  onTestFinished(() => client.close())
  const call = client.rpc.sessions.list().catch(String)
  await until(() => clock.pending > 0)
  await clock.advance(10_000)
  expect(await call).toContain('did not open within 10000 ms')
})

test("a WebSocket of ws carries calls and streams like the platform's", async () => {
  const { client, server } = await setUp(script, { WebSocket: NodeWebSocket })
  const session = client.session('a')
  const leave = session.subscribe(() => {})
  await expect(session.send('Hi')).resolves.toMatchObject({ runId: 'r' })
  await until(() => session.stats().framesReceived === 3)
  leave()
  await until(() => server.open === 0)
})
