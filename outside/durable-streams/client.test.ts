import { DurableStream, FetchError, type LiveMode, stream } from '@durable-streams/client'
import { type AgentContext, type ChatServer, createChatServer } from '@caughtup/server'
import { durableStreams, toOffset } from '@caughtup/server/durable-streams'
import { type Serving, serve } from '@caughtup/server/node'
import { createTestClient, type TestClient } from '@caughtup/server/testing'
import type { Event } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

import { Random } from '../../packages/schema/src/testing/random.ts'
import { openFaultProxy } from '../../tests/src/support/fault-proxy.ts'

/** Words of the answer; the agent says one for each call of `say`. */
const words = Array.from({ length: 60 }, (_, n) => `word-${n} `)
let said = 0
let heard = Promise.withResolvers<void>()
let store: Store
let chat: ChatServer
let serving: Serving
let client: TestClient
let sessionId: string

function say(count: number): void {
  said = Math.min(words.length, said + count)
  heard.resolve()
  heard = Promise.withResolvers()
}

async function* agent({ signal }: AgentContext) {
  for (let n = 0; n < words.length && !signal.aborted; n++) {
    while (n >= said) await heard.promise
    yield { type: 'text-delta' as const, text: words[n] ?? '' }
  }
}

beforeEach(async () => {
  said = 0
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-streams-'))
  store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  chat = createChatServer({
    store,
    agent,
    principal: ({ headers }) => {
      const id = headers.get('x-principal')
      return id === null ? undefined : { id }
    },
    drain: 0,
    mounts: [durableStreams({ path: '/streams' })],
  })
  serving = await serve(chat, { port: 0 })
  client = createTestClient(chat, { headers: { 'x-principal': 'me' } })
  ;({ id: sessionId } = await client.sessions.create({ title: 'Streams' }))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(async () => {
  say(words.length)
  await serving.close()
  await store.close()
})

const urlOf = (origin = serving.url) => `${origin}/streams/${sessionId}`
const headers = { 'x-principal': 'me' }
const isOver = (events: readonly Event[]) => events.at(-1)?.type === 'run-ended'

/** Folds events, each of which must go on where the one before ended. */
function fold(events: readonly Event[], from: View = { ...emptyView, seq: 0 }): View {
  let view = from
  for (const event of events) {
    expect(event.from).toBe(view.seq + 1)
    view = applyEvent(view, event).view
  }
  return view
}

/** Reads until the run has ended, coming back to where it was after each error. */
async function readRun(url: string, live: LiveMode): Promise<{ events: Event[]; breaks: number }> {
  const events: Event[] = []
  let offset = '-1'
  for (let breaks = 0; ; breaks++) {
    const leaving = new AbortController()
    try {
      const reading = await stream<Event>({
        url,
        headers,
        offset,
        live,
        signal: leaving.signal,
        warnOnHttp: false,
        sseResilience: { logWarnings: false },
        backoffOptions: { initialDelay: 5, maxDelay: 50, multiplier: 1.5 },
      })
      const ended = new Promise<void>((resolve) => {
        reading.subscribeJson((batch) => {
          events.push(...batch.items)
          offset = batch.offset
          if (isOver(events)) resolve()
        })
      })
      await Promise.race([ended, reading.closed])
      if (isOver(events)) return { events, breaks }
    } catch (error) {
      expect(error).not.toMatchObject({ status: 410 })
    } finally {
      leaving.abort()
    }
  }
}

async function expectWhole(events: readonly Event[]): Promise<void> {
  const { messages, cursor } = await store.window(sessionId)
  const view = fold(events)
  expect([view.seq, view.messages]).toEqual([cursor.seq, messages])
  expect(JSON.stringify(messages.at(-1))).toContain(words.join(''))
}

test('a whole journal is read at once', async () => {
  say(words.length)
  await client.messages.send({ sessionId, text: 'Hi' })
  await vi.waitFor(async () => expect((await store.head(sessionId)).head.run).toBeUndefined())
  const reading = await stream<Event>({ url: urlOf(), headers, live: false, warnOnHttp: false })
  await expectWhole(await reading.json())
  const tail = toOffset((await store.window(sessionId)).cursor)
  expect(reading.offset).toBe(tail)
  const head = await new DurableStream({ url: urlOf(), headers, warnOnHttp: false }).head()
  expect(head).toMatchObject({ exists: true, offset: tail, contentType: 'application/json' })
})

describe.each(['sse', 'long-poll', true] as const)('live: %s', (live) => {
  test('an answer is read while it is written', async () => {
    const reading = readRun(urlOf(), live)
    await client.messages.send({ sessionId, text: 'Hi' })
    for (let n = 0; n < words.length; n += 3) {
      say(3)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const { events, breaks } = await reading
    expect(breaks).toBe(0)
    await expectWhole(events)
  })

  test.each([1, 2, 3])(
    'nothing is lost or comes twice when connections break (seed %i)',
    async (seed) => {
      const proxy = await openFaultProxy(() => Number(new URL(serving.url).port), new Random(seed))
      onTestFinished(() => proxy.close())
      const reading = readRun(urlOf(`http://127.0.0.1:${proxy.port}`), live)
      await client.messages.send({ sessionId, text: 'Hi' })
      for (let n = 0; n < words.length; n += 2) {
        say(2)
        // Each makes commits of its own, so that there is something to break between them.
        await store.flushAll()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      // What was silenced is never told so: a client of this protocol waits for ever.
      proxy.calm()
      await expectWhole((await reading).events)
      expect(Object.keys(proxy.faults).length).toBeGreaterThan(0)
    },
  )
})

test('a reader begins behind a window of the session, and follows from there', async () => {
  say(1)
  await client.messages.send({ sessionId, text: 'Hi' })
  const { messages, cursor } = await vi.waitFor(async () => {
    const window = await store.window(sessionId)
    expect(JSON.stringify(window.messages)).toContain('word-0')
    return window
  })
  const offset = toOffset(cursor)
  const reading = await stream<Event>({ url: urlOf(), headers, offset, warnOnHttp: false })
  say(words.length)
  const events: Event[] = []
  await new Promise<void>((resolve) => {
    reading.subscribeJson(({ items }) => {
      events.push(...items)
      if (isOver(events)) resolve()
    })
  })
  reading.cancel()
  const view = fold(events, { ...emptyView, seq: cursor.seq, messages })
  expect(view.messages).toEqual((await store.window(sessionId)).messages)
})

describe('what the client is told', () => {
  const statusOf = async (reading: Promise<unknown>) => {
    const error = await reading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return error instanceof FetchError ? error.status : error
  }
  const open = (options: { as?: string; offset?: string; live?: LiveMode }) =>
    stream({
      url: urlOf(),
      headers: options.as === undefined ? headers : { 'x-principal': options.as },
      live: options.live ?? false,
      warnOnHttp: false,
      ...(options.offset !== undefined && { offset: options.offset }),
    })

  test('of a session that is not its own, of an offset of another history, and of writes', async () => {
    expect(await statusOf(open({ as: 'somebody' }))).toBe(404)
    const { cursor } = await store.window(sessionId)
    const elsewhere = toOffset({ ...cursor, journal: 'another' })
    expect(await statusOf(open({ offset: elsewhere }))).toBe(410)
    expect(await statusOf(open({ offset: '7' }))).toBe(400)
    const handle = new DurableStream({
      url: urlOf(),
      headers,
      contentType: 'application/json',
      warnOnHttp: false,
    })
    for (const write of [
      () => handle.append('{}'),
      () => handle.create({ contentType: 'application/json' }),
      () => handle.delete(),
      () => handle.close(),
    ]) {
      expect(await write().catch((error: unknown) => error)).toMatchObject({ status: 405 })
    }
  })

  test.each(['sse', 'long-poll'] as const)(
    'when it is removed while it reads (%s)',
    async (live) => {
      await store.sessions.addMember(sessionId, 'bob')
      const reading = await open({ as: 'bob', live })
      const ended = statusOf(reading.closed)
      const events: unknown[] = []
      reading.subscribeJson(({ items }) => void events.push(...items))
      say(1)
      await client.messages.send({ sessionId, text: 'Hi' })
      await vi.waitFor(() => expect(JSON.stringify(events)).toContain('word-0'))
      await store.sessions.removeMember(sessionId, 'bob')
      expect(await ended).toBe(404)
      say(words.length)
      await vi.waitFor(async () => expect((await store.head(sessionId)).head.run).toBeUndefined())
      expect(JSON.stringify(events)).not.toContain('word-1')
    },
  )
})
