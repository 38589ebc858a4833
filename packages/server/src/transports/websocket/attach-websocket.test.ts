import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import {
  openSocket,
  openTestServer,
  readUntil,
  serveTest,
  socketClient,
} from '../../../tests/support/open-test-server.ts'

async function open(options = {}) {
  const server = await openTestServer(options)
  return { ...server, serving: await serveTest(server.chat) }
}

function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}

/** Bytes of buffers that something still refers to. */
function heldBuffers(): number {
  setFlagsFromString('--expose-gc')
  // The flag adds `gc` to contexts that are created later.
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

describe('a WebSocket', () => {
  test('of another origin or path is refused at the handshake', async () => {
    const { serving } = await open()
    const origin = 'https://evil.example'
    await expect(openSocket(serving, 'me', { origin })).rejects.toThrow('403')
    await openSocket(serving, 'me', { origin: serving.url })
    const elsewhere = new WebSocket(`${serving.url.replace('http', 'ws')}/elsewhere`)
    const refused = new Promise((resolve) => elsewhere.once('error', resolve))
    expect(String(await refused)).toContain('404')
  })

  test('without credentials gets UNAUTHORIZED for each call', async () => {
    const { serving } = await open({ principal: () => undefined })
    const client = socketClient(await openSocket(serving))
    await expect(client.sessions.list()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      status: 401,
      defined: true,
    })
  })

  test('passes the query of its URL to `principal`, the only credentials that a browser can send besides cookies', async () => {
    const { serving } = await open({
      principal: ({ url = '' }: { url?: string }) => ({
        id: new URL(url, 'http://chat.test').searchParams.get('as') ?? 'local',
      }),
    })
    const as = async (name: string) => {
      const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/rpc/ws?as=${name}`)
      await new Promise((resolve) => socket.once('open', resolve))
      return socketClient(socket)
    }
    await (await as('zoe')).sessions.create({ title: 'Hers' })
    expect((await (await as('zoe')).sessions.list()).sessions).toHaveLength(1)
    expect((await (await as('max')).sessions.list()).sessions).toEqual([])
  })

  test('that speaks another protocol is closed, and the server continues', async () => {
    const { serving } = await open()
    for (const nonsense of ['hello', '{}', '{"i":"1","p":{"u":7}}', Buffer.from([255, 0, 1])]) {
      const socket = await openSocket(serving)
      const code = closed(socket)
      socket.send(nonsense)
      expect(await code).toBe(1007)
    }
    const client = socketClient(await openSocket(serving))
    expect(await client.sessions.list()).toMatchObject({ sessions: [] })
  })

  test('refuses the calls of a client of another version, streams too, and stays open', async () => {
    const { serving } = await open()
    const socket = await openSocket(serving)
    const ask = async (u: string, h?: object) => {
      const answer = once(socket, 'message')
      socket.send(JSON.stringify({ i: crypto.randomUUID(), p: { u, h, b: {} } }))
      return JSON.parse(String((await answer)[0])) as unknown
    }
    for (const procedure of ['/sessions/create', '/activity/subscribe']) {
      expect(await ask(procedure, { 'caughtup-protocol': '2' })).toMatchObject({
        p: { s: 400, b: { json: { code: 'PROTOCOL_MISMATCH', data: { value: '2', limit: 1 } } } },
      })
    }
    for (const headers of [{ 'caughtup-protocol': '1' }, undefined]) {
      const answer = await ask('/sessions/create', headers)
      expect(answer).toMatchObject({ p: { b: { json: { owner: 'me' } } } })
    }
  })

  test('accepts no streams and no files, before it identifies the caller', async () => {
    const waiting = Promise.withResolvers<undefined>()
    let asked = 0
    const principal = () => {
      asked++
      return waiting.promise
    }
    const { serving } = await open({ principal })
    const socket = await openSocket(serving)
    const call = { u: '/sessions/create', b: {} }
    const ask = async (p: object) => {
      const answer = once(socket, 'message')
      socket.send(JSON.stringify({ i: '1', p }))
      return JSON.parse(String((await answer)[0])) as unknown
    }
    for (const p of [
      { ...call, h: { 'content-type': 'text/event-stream' } },
      { ...call, h: { 'content-type': 'application/x-www-form-urlencoded' }, b: 'json=1' },
      { ...call, h: { 'content-disposition': 'attachment; filename="x"' } },
    ]) {
      expect(await ask(p)).toMatchObject({ p: { s: 400, b: { json: { code: 'BAD_INPUT' } } } })
    }
    for (const m of ['GET', 'HEAD', 'DELETE']) {
      expect(await ask({ u: '/sessions/create?data=%7B%7D', m })).toMatchObject({ p: { s: 405 } })
    }
    expect(asked).toBe(0)
    socket.send(JSON.stringify({ i: '2', p: call }))
    await expect.poll(() => asked).toBe(1)
    const item = JSON.stringify({ i: '2', t: 3, p: { e: 'message', d: 'x'.repeat(1_000) } })
    const binary = Buffer.from(JSON.stringify({ i: '3', p: call }))
    for (const data of [item, binary]) {
      const other = await openSocket(serving)
      other.send(JSON.stringify({ i: '2', p: call }))
      other.send(data)
      expect(await closed(other)).toBe(1007)
    }
    waiting.resolve(undefined)
  })

  test('is closed by a message above the limit of a body', async () => {
    const { serving } = await open({ limits: { bodyBytes: 1_000 } })
    const socket = await openSocket(serving)
    const code = closed(socket)
    socket.send('x'.repeat(2_000))
    expect(await code).toBe(1009)
  })

  test('answers an unknown procedure with not found', async () => {
    const { serving } = await open()
    const socket = await openSocket(serving)
    const answer = new Promise<string>((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    )
    socket.send(JSON.stringify({ i: '1', p: { u: '/nothing', b: {} } }))
    expect(JSON.parse(await answer)).toMatchObject({
      p: { s: 404, b: { json: { code: 'NOT_FOUND' } } },
    })
  })

  test('ends its streams when it closes', async () => {
    const { serving, client, chat } = await open({ stats: () => true })
    void chat
    const socket = await openSocket(serving)
    const over = socketClient(socket)
    const { id: sessionId } = await over.sessions.create()
    await readUntil(await over.onChat({ sessionId, mode: { type: 'full' } }), 'caught-up')
    expect((await client().server.stats()).chatStreams).toBe(1)
    socket.terminate()
    await expect
      .poll(async () => (await client().server.stats()).chatStreams, { interval: 5 })
      .toBe(0)
  })

  test('that does not answer pings is cut', async () => {
    const clock = new ManualClock()
    const { serving } = await open({ clock })
    const socket = await openSocket(serving)
    const alive = new Promise((resolve) => socket.once('ping', resolve))
    await clock.advance(15_000)
    await alive
    // A round trip: the server has the pong.
    await socketClient(socket).sessions.list()
    await clock.advance(15_000)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    await socketClient(socket).sessions.list()
    const dead = new WebSocket(socket.url, {
      headers: { 'x-principal': 'me' },
      autoPong: false,
    })
    await new Promise((resolve) => dead.once('open', resolve))
    const code = closed(dead)
    await clock.advance(30_000)
    expect(await code).toBe(1006)
  })

  test('whose client does not read costs the server no memory, and loses nothing when it reads again', async () => {
    const { serving, store, client } = await open({ stats: () => true })
    const socket = await openSocket(serving)
    const over = socketClient(socket)
    const { id: sessionId } = await over.sessions.create()
    const stream = await over.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    socket.pause()
    const before = heldBuffers()
    const total = 300
    for (let i = 0; i < total; i++) {
      const parts = [{ type: 'text' as const, text: `${i} ${'x'.repeat(100_000)}` }]
      const metadata = { createdAt: 1 }
      const message = { id: `m${i}`, role: 'user', status: 'done', parts, metadata } as const
      await store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
      await settle()
    }
    // 30 MB were written; the server holds one frame of it, and the kernel its own buffers.
    // What a collection frees is counted down on another thread, so the figure may follow later.
    await vi.waitFor(() => expect(heldBuffers() - before).toBeLessThan(10_000_000))
    expect((await client().server.stats()).chatStreams).toBe(1)
    socket.resume()
    const frames = await readUntil(stream, 'caught-up')
    const shown = frames.flatMap((frame) => (frame.type === 'messages' ? frame.messages : []))
    expect(shown.at(-1)?.id).toBe(`m${total - 1}`)
  }, 30_000)
})
