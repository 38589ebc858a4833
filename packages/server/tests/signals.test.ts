import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'

import { type ChatFrame, type ChatFrameOf, presence } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import {
  type Client,
  fetchClient,
  openSocket,
  openTestServer,
  readUntil,
  serveTest,
  socketClient,
  testDatabase,
  type TestServerOptions,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const live = { type: 'live' } as const

/** A session that Ann owns and Bob is a member of, on a server that listens. */
async function openShared(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ agent: scripted.agent, ...options })
  const { id: sessionId } = await server.store.sessions.create({ owner: 'ann', members: ['bob'] })
  const serving = await serveTest(server.chat)
  const connect = async (transport: 'sse' | 'websocket', principal: string): Promise<Client> =>
    transport === 'sse'
      ? fetchClient(fetch, principal, `${serving.url}/rpc`)
      : socketClient(await openSocket(serving, principal))
  return { ...server, scripted, serving, sessionId, connect }
}

/** Follows a session, and collects what comes until the stream ends or breaks. */
async function follow(
  client: Client,
  sessionId: string,
  options: { mode?: { type: 'live' | 'full' }; streamId?: string } = {},
) {
  const leaving = new AbortController()
  const stream = await client.onChat(
    { sessionId, mode: live, ...options },
    { signal: leaving.signal },
  )
  const frames: ChatFrame[] = []
  const ended = (async () => {
    for await (const frame of stream) frames.push(frame)
  })().catch(() => undefined)
  const transients = () => frames.filter((frame) => frame.type === 'transient')
  const signals = () => transients().filter(({ name }) => name !== 'presence')
  /** Resolves when the newest list of who is watching is this one. */
  const sees = (list: Record<string, number>) =>
    vi.waitFor(() =>
      expect(listOf(transients().findLast(({ name }) => name === 'presence'))).toEqual(list),
    )
  return { frames, ended, signals, sees, leave: () => leaving.abort() }
}

function listOf(frame: ChatFrameOf<'transient'> | undefined): Record<string, number> {
  const list = presence.parse(frame?.data ?? [])
  return Object.fromEntries(list.map(({ principal, streams }) => [principal, streams]))
}

/** Lets the round trips end that are under way. */
async function roundTrip(client: Client, sessionId: string): Promise<void> {
  await client.sessions.get({ sessionId })
}

describe.each(['sse', 'websocket'] as const)('a signal, over %s,', (transport) => {
  test('reaches all who are watching the session, also other devices of its sender, and nobody else', async () => {
    const { connect, sessionId, store } = await openShared()
    const [ann, bob] = [await connect(transport, 'ann'), await connect(transport, 'bob')]
    const other = await store.sessions.create({ owner: 'bob' })
    const elsewhere = await follow(bob, other.id)
    const watching = [await follow(ann, sessionId), await follow(bob, sessionId)]
    for (const { sees } of watching) await sees({ ann: 1, bob: 1 })
    const sent = await ann.sessions.signal({ sessionId, name: 'typing', data: { in: ['title'] } })
    expect(sent).toEqual({ sent: true })
    const typing = { type: 'transient', name: 'typing', data: { in: ['title'] }, from: 'ann' }
    for (const { signals } of watching) {
      await vi.waitFor(() => expect(signals()).toEqual([typing]))
    }
    expect(elsewhere.signals()).toEqual([])
    const late = await follow(bob, sessionId, { mode: { type: 'full' } })
    await late.sees({ ann: 1, bob: 2 })
    expect(late.signals()).toEqual([])
  })

  test('is neither in the journal nor anywhere on disk, and a view has the same without it', async () => {
    const file = testDatabase()
    const { connect, sessionId, store } = await openShared({ file })
    const ann = await connect(transport, 'ann')
    const watching = await follow(ann, sessionId)
    const { head } = await store.head(sessionId)
    const { events, eventBytes, commits } = store.stats()
    for (let n = 0; n < 50; n++) {
      await ann.sessions.signal({ sessionId, name: 'typing', data: `needle-in-a-haystack-${n}` })
    }
    await vi.waitFor(() => expect(watching.signals()).toHaveLength(50))
    expect((await store.head(sessionId)).head).toEqual(head)
    expect((await ann.events.list({ sessionId })).events).toEqual([])
    expect(store.stats()).toMatchObject({ events, eventBytes, commits })
    const bytes = [file, `${file}-wal`].map((path) => readFileSync(path, 'latin1')).join('')
    expect(bytes).not.toContain('needle')
    expect(bytes).not.toContain('presence')
    expect(bytes).toContain(sessionId)
  })

  test('has any data as JSON has it', async () => {
    const { connect, sessionId } = await openShared({ limits: { signalsPerMinute: 1_000 } })
    const ann = await connect(transport, 'ann')
    const watching = await follow(ann, sessionId)
    await watching.sees({ ann: 1 })
    const told: unknown[] = []
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 4 }),
        fc.string({ minLength: 1, maxLength: 64 }).filter((name) => name !== 'presence'),
        async (value, name) => {
          const data = JSON.parse(JSON.stringify(value, withoutProto))
          await ann.sessions.signal({ sessionId, name, data })
          told.push([name, data])
        },
      ),
      { numRuns: 60 },
    )
    await vi.waitFor(() => expect(watching.signals()).toHaveLength(told.length))
    expect(watching.signals().map(({ name, data }) => [name, data])).toEqual(told)
  })
})

/** Objects without members of a name that JSON readers treat differently. */
function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

describe('signals', () => {
  test('are limited per principal and minute, and an agent has the same limit per run', async () => {
    const clock = new ManualClock()
    const { client, sessionId, scripted } = await openShared({
      clock,
      limits: { signalsPerMinute: 2 },
    })
    const signal = (principal: string) =>
      client(principal).sessions.signal({ sessionId, name: 'typing', data: true })
    await signal('ann')
    await signal('ann')
    await expect(signal('ann')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 2, retryAfter: 60_000 },
    })
    await signal('bob')
    await client('ann').messages.send({ sessionId, text: 'Hi' })
    const { context } = await scripted.run()
    context.emit('step', 1)
    context.emit('step', 2)
    expect(() => context.emit('step', 3)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
    await clock.advance(60_000)
    await signal('ann')
    context.emit('step', 4)
  })

  test('with data nested beyond reason are answered, and harm nobody', async () => {
    const { client, sessionId, serving, errors } = await openShared()
    const body = `{"json":{"sessionId":"${sessionId}","name":"x","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`
    const response = await fetch(`${serving.url}/rpc/sessions/signal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-principal': 'ann' },
      body,
    })
    expect([response.status, errors]).toEqual([400, []])
    await client('ann').sessions.signal({ sessionId, name: 'x', data: 1 })
  })
})

describe('an agent', () => {
  test('emits a transient between two texts: it comes to a live stream after the one that it has, and before the next', async () => {
    const { client, sessionId, scripted, errors } = await openShared()
    const watching = await follow(client('bob'), sessionId)
    await client('ann').messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.say('one')
    await vi.waitFor(() => expect(JSON.stringify(watching.frames)).toContain('one'))
    run.context.emit('step', { n: 1 })
    run.say(' two')
    run.yield({ type: 'data-progress', id: 'p', data: 0.5, transient: true })
    await vi.waitFor(() => expect(watching.signals()).toHaveLength(2))
    run.say(' three')
    run.finish()
    await vi.waitFor(() => expect(JSON.stringify(watching.frames)).toContain('run-ended'))
    expect(watching.signals()).toEqual([
      { type: 'transient', name: 'step', data: { n: 1 } },
      { type: 'transient', name: 'data-progress', data: 0.5 },
    ])
    const at = (text: string) => watching.frames.findIndex((f) => JSON.stringify(f).includes(text))
    expect(at('one')).toBeLessThan(at('"step"'))
    expect(at('"step"')).toBeLessThan(at(' two'))
    expect(at('data-progress')).toBeLessThan(at(' three'))
    const { messages } = await client('ann').history.loadMore({ sessionId })
    expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'one two three', state: 'done' }])
    expect(errors).toEqual([])
    expect(() => run.context.emit('step', 'late')).not.toThrow()
    expect(watching.signals()).toHaveLength(2)
  })

  test('gets an error for a transient that cannot be sent; one that its stream has is dropped', async () => {
    const { client, sessionId, scripted, errors } = await openShared()
    await client('ann').messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    const bad = { code: 'BAD_INPUT' }
    const { emit } = run.context
    for (const [name, data, field] of [
      ['presence', [], 'name'],
      ['', 1, 'name'],
      ['x'.repeat(65), 1, 'name'],
      ['x', undefined, 'data'],
      ['x', 1n, 'data'],
      ['x', 'y'.repeat(4_095), 'data'],
    ] as const) {
      expect(() => emit(name, data)).toThrow(
        expect.objectContaining({ ...bad, data: expect.objectContaining({ field }) }),
      )
    }
    const large = 'y'.repeat(5_000)
    run.yield({ type: 'data-large', data: large, transient: true })
    run.yield({ type: 'data-large', data: large, transient: true })
    run.say('done')
    run.finish()
    await vi.waitFor(async () => {
      const { messages } = await client('ann').history.loadMore({ sessionId })
      expect(messages.at(-1)?.metadata.finishReason).toBe('stop')
    })
    expect(errors).toMatchObject([{ error: bad }])
  })
})

describe('a client that does not read', () => {
  test.each(['sse', 'websocket'] as const)(
    'gets the newest value by name when it reads again, and events first, over %s',
    async (transport) => {
      const { serving, sessionId, scripted, client } = await openShared({
        limits: { signalBytes: 100_000, signalsPerMinute: 100_000 },
      })
      const reading = await openSlowReader(transport, serving.url, sessionId)
      await client('ann').messages.send({ sessionId, text: 'Hi' })
      const run = await scripted.run()
      reading.pause()
      for (let n = 0; n < 1_000; n++) {
        run.context.emit(`name${n % 2}`, { n, filler: 'x'.repeat(50_000) })
        await new Promise((resolve) => setImmediate(resolve))
      }
      run.say('said meanwhile')
      await vi.waitFor(async () => {
        const { messages } = await client('ann').history.loadMore({ sessionId })
        expect(JSON.stringify(messages)).toContain('said meanwhile')
      })
      reading.resume()
      await vi.waitFor(() => expect(reading.text()).toContain('"n":999'), 10_000)
      const told = [...reading.text().matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
      // The kernel's buffers took some of the 50 MB.
      expect(told.length).toBeLessThan(500)
      expect(told.slice(-2)).toEqual([998, 999])
      const [said, newest] = ['said meanwhile', '"n":998'].map((part) =>
        reading.text().indexOf(part),
      )
      expect(said).toBeGreaterThan(0)
      expect(said).toBeLessThan(newest ?? 0)
      expect(told).toEqual(told.toSorted((a, b) => a - b))
    },
  )
})

describe('who is watching', () => {
  test('is the same over both transports and in every mode, and who left counts for two seconds', async () => {
    const clock = new ManualClock()
    const { connect, sessionId } = await openShared({ clock })
    const ann = await connect('sse', 'ann')
    const watching = await follow(ann, sessionId, { mode: { type: 'full' } })
    await watching.sees({ ann: 1 })
    const bob = await connect('websocket', 'bob')
    const bobs = await follow(bob, sessionId)
    await bobs.sees({ ann: 1, bob: 1 })
    await clock.advance(250)
    await watching.sees({ ann: 1, bob: 1 })
    bobs.leave()
    await roundTrip(bob, sessionId)
    await clock.advance(2_249)
    await roundTrip(ann, sessionId)
    await watching.sees({ ann: 1, bob: 1 })
    await clock.advance(1)
    await watching.sees({ ann: 1 })
  })

  test('does not change for others while a client reconnects with its streamId', async () => {
    const clock = new ManualClock()
    const { connect, sessionId, serving } = await openShared({ clock })
    const watching = await follow(await connect('sse', 'ann'), sessionId)
    const socket = await openSocket(serving, 'bob')
    const first = await follow(socketClient(socket), sessionId, { streamId: 'tab' })
    await clock.advance(250)
    await watching.sees({ ann: 1, bob: 1 })
    const lists = () => watching.frames.filter(({ type }) => type === 'transient').length
    const before = lists()
    socket.terminate()
    await first.ended
    await clock.advance(1_500)
    const again = await follow(await connect('sse', 'bob'), sessionId, { streamId: 'tab' })
    await again.sees({ ann: 1, bob: 1 })
    await clock.advance(20_000)
    await roundTrip(await connect('sse', 'ann'), sessionId)
    expect(lists()).toBe(before)
  })

  test('has no removed member, at once', async () => {
    const clock = new ManualClock()
    const { connect, sessionId } = await openShared({ clock })
    const ann = await connect('sse', 'ann')
    const watching = await follow(ann, sessionId)
    const bobs = await follow(await connect('websocket', 'bob'), sessionId)
    await clock.advance(250)
    await watching.sees({ ann: 1, bob: 1 })
    await ann.sessions.removeMember({ sessionId, principal: 'bob' })
    await ann.sessions.signal({ sessionId, name: 'typing', data: true })
    await clock.advance(250)
    await watching.sees({ ann: 1 })
    await bobs.ended
    expect(bobs.frames.at(-1)).toEqual({ type: 'end', reason: 'forbidden' })
    expect(bobs.signals()).toEqual([])
  })

  test('has no stranger, not even for a moment', async () => {
    const clock = new ManualClock()
    const { connect, sessionId } = await openShared({ clock })
    const watching = await follow(await connect('sse', 'ann'), sessionId)
    await watching.sees({ ann: 1 })
    const eve = await connect('sse', 'eve')
    await expect(eve.onChat({ sessionId, mode: live })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await clock.advance(250)
    await roundTrip(await connect('sse', 'ann'), sessionId)
    expect(watching.frames.filter(({ type }) => type === 'transient')).toHaveLength(1)
  })

  test('loses a half-open WebSocket within 30 s, and the two seconds', async () => {
    const clock = new ManualClock()
    const { connect, sessionId, serving } = await openShared({ clock })
    const watching = await follow(await connect('sse', 'ann'), sessionId)
    const dead = new WebSocket(`${serving.url.replace('http', 'ws')}/rpc/ws`, {
      headers: { 'x-principal': 'bob' },
      autoPong: false,
    })
    await new Promise((resolve) => dead.once('open', resolve))
    const closed = new Promise((resolve) => dead.once('close', resolve))
    const stream = await socketClient(dead).onChat({ sessionId, mode: live })
    await readUntil(stream, 'caught-up')
    await clock.advance(250)
    await watching.sees({ ann: 1, bob: 1 })
    // The first ping comes within 15 s of the call, and the cut 15 s after it.
    await clock.advance(30_000)
    await closed
    await roundTrip(await connect('sse', 'ann'), sessionId)
    await clock.advance(2_000)
    await clock.advance(250)
    await watching.sees({ ann: 1 })
  })
})

/** Opens a stream as raw bytes, which can be left unread. */
async function openSlowReader(transport: 'sse' | 'websocket', url: string, sessionId: string) {
  let text = ''
  const take = (data: { toString(): string }) => void (text += data.toString())
  const input = { json: { sessionId, mode: live } }
  const isLive = () => vi.waitFor(() => expect(text).toContain('presence'))
  if (transport === 'websocket') {
    const socket = await openSocket({ url }, 'bob')
    socket.on('message', take)
    socket.send(JSON.stringify({ i: '1', p: { u: '/onChat', b: input } }))
    await isLive()
    return { text: () => text, pause: () => socket.pause(), resume: () => socket.resume() }
  }
  const headers = { 'x-principal': 'bob', 'content-type': 'application/json' }
  const response = await new Promise<IncomingMessage>((resolve) => {
    const asking = request(`${url}/rpc/onChat`, { method: 'POST', headers }, resolve)
    onTestFinished(() => void asking.destroy())
    asking.end(JSON.stringify(input))
  })
  response.on('data', take)
  await isLive()
  return { text: () => text, pause: () => response.pause(), resume: () => response.resume() }
}
