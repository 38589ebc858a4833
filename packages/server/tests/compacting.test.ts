import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { SummariseContext, Summary } from '../src/host/summarise.ts'
import {
  openTestServer,
  readRun,
  readUntil,
  testDatabase,
  type TestServerOptions,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const compacting = { compactAt: 0.8, contextLimit: 1_000 }

/** A server with summaries that the test writes. */
async function openCompacting(options: TestServerOptions = compacting) {
  const calls: (SummariseContext & PromiseWithResolvers<Summary | string>)[] = []
  const scripted = new ScriptedAgent()
  const server = await openTestServer({
    agent: scripted.agent,
    summarise: (context) => {
      const call = { ...context, ...Promise.withResolvers<Summary | string>() }
      calls.push(call)
      return call.promise
    },
    ...options,
  })
  const client = server.client()
  const summarising = async () => {
    await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThan(0)
    return calls.shift()!
  }
  return { ...server, client, scripted, calls, summarising }
}

/** A session after one answer that left so many tokens in the context. */
async function openSession(tokens: number, options: TestServerOptions = compacting) {
  const server = await openCompacting(options)
  const { client, scripted } = server
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  const answer = async (used = tokens) => {
    const run = await scripted.run()
    run.say('Yes')
    run.yield({ type: 'finish', usage: { inputTokens: used - 10, outputTokens: 10 } })
    run.finish()
    await readRun(stream)
    return run.context
  }
  const { messageId } = await client.messages.send({ sessionId, text: 'First' })
  await answer()
  const events = async () => {
    const all = (await server.store.events(sessionId, 0, { bytes: 1e9 })).events
    return all.map((event) =>
      event.type === 'run-started' ? `${event.run.kind} started` : event.type,
    )
  }
  const compactions = async () =>
    (await events()).filter((event) => event === 'compaction started').length
  return { ...server, sessionId, stream, answer, compactions, events, first: messageId }
}

describe('a prompt', () => {
  test('just below the share of the window starts at once', async () => {
    const { client, sessionId, answer, calls, compactions } = await openSession(799)
    expect(await client.messages.send({ sessionId, text: 'Second' })).toMatchObject({
      queued: false,
    })
    const { messages } = await answer()
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(calls).toEqual([])
    expect(await compactions()).toBe(0)
  })

  test('at the share waits for its compaction, and is answered on the summary', async () => {
    const { client, sessionId, summarising, stream, answer, store } = await openSession(800)
    const sent = await client.messages.send({ sessionId, text: 'Second' })
    expect(sent).toMatchObject({ queued: true })
    const { messages, principal, resolve } = await summarising()
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(principal).toEqual({ id: 'me' })
    const { head } = await store.head(sessionId)
    expect(head).toMatchObject({
      run: { kind: 'compaction', author: 'me' },
      queue: [{ runId: sent.runId, compacted: true }],
    })
    resolve('They agreed.')
    const frames = await readRun(stream)
    expect(frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))).toContainEqual(
      expect.objectContaining({ type: 'boundary', kind: 'compaction', trigger: 'auto' }),
    )
    const context = await answer()
    expect(context.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  })

  test('comes before those that wait when it interrupts, and still waits for its compaction', async () => {
    const { client, sessionId, scripted, summarising, answer } = await openSession(900)
    await client.messages.send({ sessionId, text: 'Second' })
    ;(await summarising()).resolve({ text: 'Short', contextUsage: { tokens: 850 } })
    // The summary is large: the next prompt is compacted for once more.
    await scripted.run()
    await client.messages.send({ sessionId, text: 'Later' })
    const now = { sessionId, text: 'Now', whenBusy: 'interrupt' } as const
    expect(await client.messages.send(now)).toMatchObject({ queued: true })
    ;(await summarising()).resolve({ text: 'Shorter', contextUsage: { tokens: 10 } })
    const context = await answer(100)
    expect(context.prompt.parts).toMatchObject([{ text: 'Now' }])
    expect((await answer(100)).prompt.parts).toMatchObject([{ text: 'Later' }])
  })

  test('is queued once, however often it is sent', async () => {
    const { client, sessionId, summarising, answer, compactions } = await openSession(900)
    const prompt = { sessionId, text: 'Second', messageId: 'second' }
    const [one, other] = await Promise.all([
      client.messages.send(prompt),
      client.messages.send(prompt),
    ])
    expect(other).toEqual(one)
    ;(await summarising()).resolve('Short')
    await answer(100)
    expect(await client.messages.send(prompt)).toEqual({ ...one, queued: false })
    expect(await compactions()).toBe(1)
  })
})

describe('the check', () => {
  test('is not made before a retry or a resend', async () => {
    const { client, sessionId, answer, compactions, first } = await openSession(950)
    await client.messages.retry({ sessionId })
    await answer()
    await client.messages.resend({ sessionId, messageId: first, text: 'Better' })
    await answer()
    expect(await compactions()).toBe(0)
  })

  test('needs a known size of the context and of the window', async () => {
    const { client, sessionId, answer, compactions } = await openSession(5_000, { compactAt: 0.8 })
    await client.messages.send({ sessionId, text: 'Second' })
    await answer()
    expect(await compactions()).toBe(0)
  })

  test('is made only where the option is set', async () => {
    const { client, sessionId, answer, compactions } = await openSession(5_000, {
      contextLimit: 1_000,
    })
    await client.messages.send({ sessionId, text: 'Second' })
    await answer()
    expect(await compactions()).toBe(0)
  })
})

describe('a compaction that fails', () => {
  test('is told once, lets the prompt run, and is tried again before the next prompt', async () => {
    const { client, sessionId, summarising, stream, answer, errors, compactions, calls } =
      await openSession(900)
    await client.messages.send({ sessionId, text: 'Second' })
    await client.messages.send({ sessionId, text: 'Third' })
    ;(await summarising()).reject(new Error('overloaded'))
    const frames = await readRun(stream)
    expect(frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))).toContainEqual(
      expect.objectContaining({ type: 'run-ended', reason: 'error', error: expect.anything() }),
    )
    expect((await answer()).prompt.parts).toMatchObject([{ text: 'Second' }])
    expect(errors.map(({ error }) => String(error))).toEqual(['Error: overloaded'])
    expect(await compactions()).toBe(2)
    ;(await summarising()).resolve('Short')
    await readRun(stream)
    expect((await answer(100)).messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(calls).toEqual([])
  })

  test('or is interrupted is not begun again for the prompt', async () => {
    const { client, sessionId, summarising, answer, compactions, errors } = await openSession(900)
    await client.messages.send({ sessionId, text: 'Second' })
    await summarising()
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    expect((await answer()).prompt.parts).toMatchObject([{ text: 'Second' }])
    expect(await compactions()).toBe(1)
    expect(errors).toEqual([])
  })
})

describe('after a restart', () => {
  test('the next prompt is compacted for as it would have been', async () => {
    const file = testDatabase()
    const first = await openSession(900, { ...compacting, file, closes: true })
    await first.chat.close()
    await first.store.close()
    const next = await openCompacting({ ...compacting, file })
    const { sessionId } = first
    await next.client.messages.send({ sessionId, text: 'Second' })
    const { messages, resolve } = await next.summarising()
    expect(messages).toHaveLength(2)
    resolve('Short')
    expect((await next.scripted.run()).context.messages).toHaveLength(2)
  })

  test('a prompt whose compaction the restart cut off runs without another one', async () => {
    const file = testDatabase()
    const first = await openSession(900, { ...compacting, file, closes: true })
    const { sessionId } = first
    await first.client.messages.send({ sessionId, text: 'Second' })
    await first.summarising()
    await first.chat.close()
    await first.store.close()
    const next = await openCompacting({ ...compacting, file })
    const { context } = await next.scripted.run()
    expect(context.prompt.parts).toMatchObject([{ text: 'Second' }])
    expect(next.calls).toEqual([])
  })
})

test('two processes that are sent prompts at once compact once', async () => {
  const file = testDatabase()
  const one = await openSession(900, { ...compacting, file })
  const { sessionId } = one
  const store = await createStore({ storage: sqlite({ path: file }) })
  onTestFinished(() => store.close())
  const other = await openCompacting({ ...compacting, store, closes: true })
  await Promise.all([
    one.client.messages.send({ sessionId, text: 'Second' }),
    other.client.messages.send({ sessionId, text: 'Third' }),
  ])
  await expect.poll(() => one.calls.length + other.calls.length).toBe(1)
  const [call] = [...one.calls, ...other.calls]
  call?.resolve({ text: 'Short', contextUsage: { tokens: 10 } })
  await expect
    .poll(async () => (await one.events()).filter((event) => event === 'agent started').length)
    .toBe(2)
  const run = await Promise.race([one.scripted.run(), other.scripted.run()])
  run.finish()
  await expect
    .poll(async () => (await one.events()).filter((event) => event === 'agent started').length)
    .toBe(3)
  expect(await one.compactions()).toBe(1)
})

describe('a server', () => {
  test.each([0, -1, 1.01, NaN, '0.8'])('cannot compact at %s', async (compactAt) => {
    await expect(openCompacting({ compactAt } as TestServerOptions)).rejects.toThrow(
      /`compactAt` must be a number above 0 and at most 1/,
    )
  })

  test('needs `summarise` to compact by itself', async () => {
    await expect(openTestServer({ compactAt: 0.8 })).rejects.toThrow(
      /`compactAt` needs `summarise`/,
    )
  })
})
