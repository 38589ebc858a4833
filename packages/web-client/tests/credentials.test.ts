import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import { ManualClock } from '@caughtup/schema/testing'
import { ORPCError } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'

import { ChatClientError } from '../src/core/errors.ts'
import { createChatClient } from '../src/create-chat-client.ts'
import type { UrlSource } from '../src/links/endpoint.ts'
import { webSocket } from '../src/links/web-socket.ts'
import { aborted, type Script, ScriptedServer, until as turnUntil } from './support/harness.ts'
import { Recording } from './support/recording.ts'

/** Real sockets take real time, so they get as many turns of the event loop as they need. */
const until = (condition: () => boolean) => turnUntil(condition, 1_000_000)

const recording = new Recording()
recording.message('question', 'user', 'Hi')

/** A server that checks at each call whether the token of the socket's URL is valid. */
async function setUp({ accepts }: { accepts: (token: string | null) => boolean }) {
  const clock = new ManualClock()
  const opened: (string | null)[] = []
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  sockets.on('connection', (socket, request) => {
    const token = tokenOf(request)
    opened.push(token)
    const check = () => {
      if (!accepts(token)) throw new ORPCError('UNAUTHORIZED', { status: 401 })
    }
    const script: Script = {
      async *onChat({ sessionId }, signal) {
        check()
        if (sessionId === 'of-b' && token !== 'b') throw new ORPCError('NOT_FOUND', { status: 404 })
        yield* recording.full()
        await aborted(signal)
      },
      async send({ messageId }) {
        check()
        return { messageId: messageId!, runId: 'r', queued: false }
      },
    }
    void new RPCHandler(new ScriptedServer(script).router()).upgrade(socket, { context: {} })
  })
  await new Promise((resolve) => sockets.once('listening', resolve))
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
  })
  const { port } = sockets.address() as AddressInfo
  const connect = (url: UrlSource) => {
    const client = createChatClient({ link: webSocket({ url }), clock, random: () => 0.5 })
    onTestFinished(() => client.close())
    return client
  }
  return { clock, connect, opened, sockets, url: `http://127.0.0.1:${port}/rpc` }
}

const tokenOf = ({ url }: IncomingMessage) =>
  new URL(url ?? '/', 'http://test').searchParams.get('token')

test('the address is requested at each opening, so that its token is fresh', async () => {
  const { clock, connect, opened, sockets, url } = await setUp({ accepts: () => true })
  let token = 0
  const client = connect(async () => `${url}?token=${++token}`)
  const session = client.session('a')
  session.subscribe(() => {})
  await until(() => session.stats().framesReceived === 3)
  for (const socket of sockets.clients) socket.terminate()
  await until(() => clock.pending > 0 && session.stats().framesReceived === 3)
  await until(() => sockets.clients.size === 0)
  await clock.advance(250)
  await until(() => session.stats().framesReceived === 6)
  expect(opened).toEqual(['1', '2'])
})

test('after UNAUTHORIZED the next call opens a socket with new credentials', async () => {
  let valid = 'a'
  const { connect, opened, sockets, url } = await setUp({ accepts: (token) => token === valid })
  let token = 'a'
  const client = connect(() => `${url}?token=${token}`)
  const following = client.session('a')
  following.subscribe(() => {})
  await until(() => following.stats().framesReceived === 3)
  valid = 'b'
  const session = client.session('s')
  const messageId = 'm'
  await expect(session.send({ text: 'Hi', messageId })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  })
  token = 'b'
  await expect(session.retryPending(messageId)).resolves.toMatchObject({ runId: 'r' })
  expect(opened).toEqual(['a', 'b'])
  // The accepted stream continues on its own socket, which closes after it.
  expect([following.stats().connects, sockets.clients.size]).toEqual([1, 2])
  following.subscribe(() => {})()
  expect(sockets.clients.size).toBe(2)
})

test('a refused call that is alone on its socket fails as UNAUTHORIZED, and a later one can succeed', async () => {
  const { connect, opened, sockets, url } = await setUp({ accepts: (token) => token === 'b' })
  let token = 'a'
  const { rpc } = connect(() => `${url}?token=${token}`)
  const send = () => rpc.messages.send({ sessionId: 's', text: 'Hi', messageId: 'm' })
  await expect(send()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  token = 'b'
  await expect(send()).resolves.toMatchObject({ runId: 'r' })
  expect(opened).toEqual(['a', 'b'])
  await until(() => sockets.clients.size === 1)
})

test('reconnect() after a permanent error opens one new socket, which all views share', async () => {
  const { clock, connect, opened, sockets, url } = await setUp({ accepts: () => true })
  let token = 'a'
  const client = connect(() => `${url}?token=${token}`)
  const live = client.session('s')
  const leave = live.subscribe(() => {})
  const sessions = [client.session('of-b'), client.session('of-b')]
  const [session] = sessions
  session!.subscribe(() => {})
  await until(() => live.stats().framesReceived === 3)
  const status = () => session!.getSnapshot().connection.status
  for (let frame = 0; frame < 1_000 && status() !== 'failed'; frame++) {
    await clock.advance(16)
    await until(() => true)
  }
  expect(session!.getSnapshot().connection.error).toMatchObject({ code: 'NOT_FOUND' })
  token = 'b'
  for (const one of sessions) one.reconnect()
  await until(() => session!.stats().framesReceived === 3)
  expect(opened).toEqual(['a', 'b'])
  expect(live.stats().connects).toBe(1)
  leave()
  await until(() => sockets.clients.size === 1)
})

test('an error of the address function is shown, and the view tries again', async () => {
  const { clock, connect, opened, url } = await setUp({ accepts: () => true })
  let asked = 0
  const client = connect(async () => {
    asked += 1
    if (asked === 1) throw new Error('the tickets are out')
    return url
  })
  const session = client.session('s')
  session.subscribe(() => {})
  await until(() => asked === 1)
  const shown = () => session.getSnapshot().connection
  for (let frame = 0; frame < 100 && shown().status !== 'waiting'; frame++) {
    await clock.advance(1)
  }
  expect(shown()).toMatchObject({
    status: 'waiting',
    error: { code: 'NETWORK', message: 'the tickets are out' },
  })
  await clock.advance(250)
  await until(() => session.stats().framesReceived === 3)
  expect(opened).toHaveLength(1)
})

test('a permanent error of the address function makes the view fail', async () => {
  const { clock, connect } = await setUp({ accepts: () => true })
  const client = connect(() => {
    throw new ChatClientError({ code: 'UNAUTHORIZED', message: 'nobody is signed in' })
  })
  const session = client.session('s')
  session.subscribe(() => {})
  const status = () => session.getSnapshot().connection.status
  for (let frame = 0; frame < 100 && status() !== 'failed'; frame++) await clock.advance(16)
  expect(session.getSnapshot().connection).toMatchObject({
    status: 'failed',
    error: { code: 'UNAUTHORIZED', message: 'nobody is signed in' },
  })
  await expect(session.send('Hi')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})

test('an address that never comes counts as a socket that does not open', async () => {
  const { clock, connect } = await setUp({ accepts: () => true })
  const client = connect(() => new Promise<string>(() => {}))
  const call = client.rpc.sessions.list().catch(String)
  await until(() => clock.pending > 0)
  await clock.advance(10_000)
  expect(await call).toContain('did not open within 10000 ms')
})
