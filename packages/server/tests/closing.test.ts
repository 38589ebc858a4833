import { connect } from 'node:net'

import { ManualClock, settle } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { Agent } from '../src/host/agent.ts'
import {
  openSocket,
  openTestServer,
  readUntil,
  serveTest,
  socketClient,
} from './support/open-test-server.ts'

const never = new Promise<never>(() => undefined)

/** Agents that ignore their signal. */
const deaf: Record<string, Agent> = {
  'never answers': () => never,
  'never yields': () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) }),
  'yields for ever': async function* () {
    for (;;) {
      yield { type: 'text-delta', text: 'x' }
      await settle()
    }
  },
  'does not return': () => ({
    [Symbol.asyncIterator]: () => ({ next: () => never, return: () => never }),
  }),
  'waits for a tool': async function* () {
    yield { type: 'tool-call', toolCallId: 'a', toolName: 'wait', input: {} }
    await never
  },
}

/** Advances the clock during a close, and returns whether it has finished. */
async function isOverAfter(clock: ManualClock, ms: number, closing: Promise<void>) {
  let over = false
  void closing.then(() => (over = true))
  for (let passed = 0; passed < ms && !over; passed += 100) await clock.advance(100)
  await settle()
  return over
}

describe.each(Object.entries(deaf))('an agent that %s', (_what, agent) => {
  test('is interrupted after the drain, and closing does not wait for it', async () => {
    const clock = new ManualClock()
    const { chat, client, store } = await openTestServer({ clock, agent, drain: 2_000 })
    const me = client()
    const { id: sessionId } = await me.sessions.create({ title: 'Test' })
    const stream = await me.onChat({ sessionId, mode: { type: 'live' } })
    await readUntil(stream, 'caught-up')
    await me.messages.send({ sessionId, text: 'Hi' })
    const frames = readUntil(stream, 'end')
    const closing = chat.close()
    expect(await isOverAfter(clock, 1_900, closing)).toBe(false)
    expect(await isOverAfter(clock, 200, closing)).toBe(true)
    expect((await frames).at(-1)).toEqual({ type: 'end', reason: 'shutting-down' })
    const { messages } = await store.window(sessionId)
    expect(messages.at(-1)?.metadata.finishReason).toBe('interrupted')
  })
})

test('a summary that is never written does not delay closing', async () => {
  const clock = new ManualClock()
  const { chat, client, store } = await openTestServer({ clock, drain: 0, summarise: () => never })
  const me = client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  await me.messages.send({ sessionId, text: 'Hi' })
  await expect.poll(async () => (await store.head(sessionId)).head.run).toBeUndefined()
  await me.history.compact({ sessionId })
  expect(await isOverAfter(clock, 100, chat.close())).toBe(true)
  expect((await store.head(sessionId)).head.run).toBeUndefined()
})

test('a slow reader of store.updates delays closing by 3 s at most, and is reported', async () => {
  const clock = new ManualClock()
  const store = await createStore({
    storage: memory(),
    clock,
    updates: { capacity: 1, mustDeliverTimeout: 600_000 },
    onError: () => undefined,
  })
  const agent: Agent = () => never
  const { chat, client, errors } = await openTestServer({ store, agent, drain: 0 })
  const me = client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const { runId } = await me.messages.send({ sessionId, text: 'Hi' })
  using updates = store.updates.subscribe()
  store.updates.publish({ type: 'session-deleted', sessionId: 'filler' })
  const closing = chat.close()
  expect(await isOverAfter(clock, 2_900, closing)).toBe(false)
  expect(await isOverAfter(clock, 200, closing)).toBe(true)
  expect(errors).toMatchObject([{ where: 'closing', error: { data: { reason: 'not-delivered' } } }])
  expect(String(errors[0]?.error)).toContain(runId)
  expect((await store.head(sessionId)).head.run).toBeUndefined()
  expect(updates.missed).toBe(0)
})

test('a call that waits for its principal does not delay closing', async () => {
  const clock = new ManualClock()
  const { chat, client } = await openTestServer({ clock, principal: () => never })
  const call = client().sessions.list()
  call.catch(() => undefined)
  expect(await isOverAfter(clock, 100, chat.close())).toBe(true)
})

test('connections that read nothing are cut, so that serve closes within 5 s of its drain', async () => {
  const { chat, client, store } = await openTestServer({ drain: 0, stats: () => true })
  const me = client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const text = [{ type: 'text' as const, text: 'x'.repeat(900_000) }]
  await store.reconcile(
    sessionId,
    Array.from({ length: 12 }, () => ({ role: 'user' as const, parts: text })),
  )
  const serving = await serveTest(chat)
  const socket = await openSocket(serving)
  const slow = socketClient(socket)
  for (let n = 0; n < 5; n++) slow.history.loadMore({ sessionId }).catch(() => undefined)
  await settle()
  socket.pause()
  const body = JSON.stringify({ json: { sessionId, mode: { type: 'full' } } })
  const plain = connect(serving.port, '127.0.0.1')
  onTestFinished(() => void plain.destroy())
  plain.on('error', () => undefined)
  plain.pause()
  plain.write(
    `POST /rpc/onChat HTTP/1.1\r\nHost: 127.0.0.1\r\nx-principal: me\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  )
  await expect.poll(async () => (await me.server.stats()).chatStreams).toBe(1)
  const startedAt = performance.now()
  await serving.close()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})
