import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import type { EventDraft, Limits } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import {
  type Client,
  openSocket,
  openTestServer,
  serveTest,
  socketClient,
  testDatabase,
} from './support/open-test-server.ts'

function prompt(id: string, length: number): EventDraft {
  const parts = [{ type: 'text' as const, text: 'x'.repeat(length) }]
  const message = { id, role: 'user', parts, metadata: { createdAt: 1 }, status: 'done' } as const
  return { type: 'message-created', message: { ...message, parts } }
}

/** A server with a session of long prompts, which counts the pages that it reads. */
async function openLong(prompts: { count: number; length: number }, limits: Partial<Limits> = {}) {
  let reads = 0
  const storage = interceptedStorage(testDatabase(), { messages: () => void reads++ })
  const clock = new ManualClock()
  const server = await openTestServer({ storage, limits, clock })
  const { store } = server
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  for (let index = 0; index < prompts.count; index++) {
    await store.append({ sessionId, drafts: [prompt(`m${index}`, prompts.length)] })
  }
  const serving = await serveTest(server.chat)
  const other = socketClient(await openSocket(serving, 'you'))
  /** Lets another principal read until the server reads nothing more for the one who takes no answers. */
  const untilStill = async () => {
    for (let before = -1, still = 0; still < 20; still = reads === before ? still + 1 : 0) {
      before = reads
      expect((await other.sessions.list()).sessions).toEqual([])
    }
  }
  return { ...server, sessionId, serving, clock, reads: () => reads, untilStill }
}

test('a WebSocket whose client takes nothing is paused, and gets every answer later', async () => {
  const { sessionId, serving, reads, untilStill } = await openLong({ count: 20, length: 250_000 })
  const socket = await openSocket(serving)
  const client = socketClient(socket)
  socket.pause()
  const calls = Array.from({ length: 100 }, (_, index) =>
    client.history.loadMore({ sessionId, limit: 200, cursor: { before: (index % 20) + 2 } }),
  )
  await untilStill()
  // The pages read: those that the kernel buffers for the connection, and one per slot of the principal.
  expect(reads()).toBeLessThan(40)
  socket.resume()
  const pages = await Promise.all(calls)
  for (const [index, { messages }] of pages.entries()) {
    expect(messages.at(-1)?.order).toBe((index % 20) + 1)
    expect(JSON.stringify(messages).length).toBeLessThanOrEqual(1024 * 1024)
  }
  expect(reads()).toBe(100)
}, 60_000)

test('untaken answers delay other reads of their principal for at most five seconds', async () => {
  const { sessionId, serving, clock, untilStill } = await openLong({ count: 20, length: 250_000 })
  const asleep = await openSocket(serving)
  const client = socketClient(asleep)
  asleep.pause()
  const calls = Array.from({ length: 60 }, () => client.history.loadMore({ sessionId, limit: 200 }))
  await untilStill()
  const awake = socketClient(await openSocket(serving))
  let isAnswered = false
  const list = awake.sessions.list().then(() => (isAnswered = true))
  await untilStill()
  expect(isAnswered).toBe(false)
  await clock.advance(5_000)
  expect(await list).toBe(true)
  asleep.resume()
  expect(await Promise.all(calls)).toHaveLength(60)
}, 60_000)

test.each<Partial<Limits>>([{ callsPerSocket: 3 }, { bytesPerSocket: 500 }])(
  'calls that wait for their answers are bounded by %o',
  async (limits) => {
    let asked = 0
    const waiting = Promise.withResolvers<void>()
    const { chat } = await openTestServer({
      limits: { createsPerMinute: 1_000, ...limits },
      principal: async () => {
        asked++
        await waiting.promise
        return { id: 'me' }
      },
    })
    const serving = await serveTest(chat)
    const client = socketClient(await openSocket(serving))
    const calls = Array.from({ length: 100 }, () =>
      client.sessions.create({ title: 'x'.repeat(180) }),
    )
    await expect.poll(() => asked, { interval: 5 }).toBe(3)
    const alive = await fetch(`${serving.url}/rpc/nothing`, { method: 'POST' })
    expect([alive.status, asked]).toEqual([400, 3])
    waiting.resolve()
    expect(await Promise.all(calls)).toHaveLength(100)
  },
)

test('streams do not count as unanswered calls', async () => {
  const { chat } = await openTestServer({ limits: { callsPerSocket: 1 } })
  const client = socketClient(await openSocket(await serveTest(chat)))
  const feeds = [await client.activity.subscribe(), await client.activity.subscribe()]
  expect((await client.sessions.list()).sessions).toEqual([])
  for (const feed of feeds) expect((await feed.next()).done).toBe(false)
})

test('a principal who reads on many HTTP connections occupies few pages, and others are answered', async () => {
  const bytes = 16 * 1024 * 1024
  const { sessionId, serving, reads, untilStill } = await openLong(
    { count: 4, length: 3_000_000 },
    { pageBytes: bytes },
  )
  const body = JSON.stringify({ json: { sessionId } })
  const head = [
    'POST /rpc/history/loadMore HTTP/1.1',
    'host: localhost',
    'connection: close',
    'x-principal: me',
    'content-type: application/json',
    `content-length: ${body.length}`,
  ].join('\r\n')
  const sockets: Socket[] = []
  for (let index = 0; index < 12; index++) {
    const socket = connect(serving.port, '127.0.0.1').pause()
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write(`${head}\r\n\r\n${body}`)
  }
  await untilStill()
  expect(reads()).toBe(4)
  let answered = 0
  for (const socket of sockets) {
    let received = 0
    socket.on('data', (chunk) => (received += chunk.length))
    await once(socket.resume(), 'end')
    if (received > 12_000_000) answered++
  }
  expect([answered, reads()]).toEqual([12, 12])
}, 60_000)

test('a list that fails, or whose client has gone, releases its slot', async () => {
  const hold = Promise.withResolvers<void>()
  const hooks: { sessions?: (() => Promise<void>) | undefined } = { sessions: () => hold.promise }
  const storage = interceptedStorage(testDatabase(), hooks)
  const { client } = await openTestServer({ storage, limits: { readsPerPrincipal: 1 } })
  const me = client()
  const first = me.sessions.list()
  const leaving = new AbortController()
  const second = me.sessions.list({}, { signal: leaving.signal })
  const third = me.sessions.list({ limit: 201 }).catch((error: unknown) => error)
  expect((await client('you').activity.list()).rows).toEqual([])
  leaving.abort()
  await expect(second).rejects.toBeInstanceOf(Error)
  hooks.sessions = undefined
  hold.resolve()
  expect((await first).sessions).toEqual([])
  expect(await third).toMatchObject({ code: 'BAD_INPUT' })
  expect((await me.sessions.list()).sessions).toEqual([])
})

const reads: [string, (client: Client, sessionId: string) => Promise<unknown>][] = [
  ['history.loadMore', (client, sessionId) => client.history.loadMore({ sessionId })],
  ['history.around', (client, sessionId) => client.history.around({ sessionId, messageId: 'm0' })],
  ['history.search', (client, sessionId) => client.history.search({ sessionId, text: 'x' })],
  ['sessions.search', (client) => client.sessions.search({ text: 'x' })],
  ['sessions.prompts', (client) => client.sessions.prompts()],
  ['usage.epochs', (client, sessionId) => client.usage.epochs({ sessionId })],
  ['events.list', (client, sessionId) => client.events.list({ sessionId })],
  ['events.summary', (client, sessionId) => client.events.summary({ sessionId })],
  ['events.get', (client, sessionId) => client.events.get({ sessionId, seq: 1 })],
  ['events.delete', (client, sessionId) => client.events.delete({ sessionId, upTo: 1 })],
]

test.each(reads)('%s waits for its turn among the reads of its principal', async (name, read) => {
  const hold = Promise.withResolvers<void>()
  const hooks: StorageHooks = { sessions: () => hold.promise }
  const storage = interceptedStorage(testDatabase(), hooks)
  const { client, store } = await openTestServer({ storage, limits: { readsPerPrincipal: 1 } })
  const { id: sessionId } = await store.sessions.create({ owner: 'me', members: ['you'] })
  await store.append({ sessionId, drafts: [prompt('m0', 10)] })
  const list = client().sessions.list()
  let isAnswered = false
  const waiting = read(client(), sessionId).then(() => (isAnswered = true))
  // Of another principal, who owns nothing: only its deletion is refused.
  const other = await read(client('you'), sessionId).catch((error: { code: string }) => error.code)
  expect(other === 'NOT_FOUND').toBe(name === 'events.delete')
  expect(isAnswered).toBe(false)
  hold.resolve()
  await list
  expect(await waiting).toBe(true)
})
