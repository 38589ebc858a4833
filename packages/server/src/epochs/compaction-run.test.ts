import { CaughtupError } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import {
  openTestServer,
  readRun,
  readUntil,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'
import type { SummariseContext, Summary } from '../host/summarise.ts'
import { estimateContext } from './summary.ts'

/** A session with one finished turn, and a summary that the test writes. */
async function openSession(options: TestServerOptions = {}) {
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
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  const turn = async (text: string) => {
    await client.messages.send({ sessionId, text })
    const run = await scripted.run()
    run.say(`re: ${text}`)
    run.finish()
    await readRun(stream)
  }
  await turn('Hi')
  const summarising = async () => {
    await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThan(0)
    const call = calls.shift()
    if (!call) throw new Error('Nothing is summarised.')
    return call
  }
  const window = async () => {
    const fresh = await client.onChat({ sessionId, mode: { type: 'full' } })
    const frames = await readUntil(fresh, 'caught-up')
    await fresh.return?.()
    const caughtUp = frames.at(-1)
    if (caughtUp?.type !== 'caught-up') throw new Error('not caught up')
    const messages = frames.flatMap((frame) => (frame.type === 'messages' ? frame.messages : []))
    return { messages, caughtUp }
  }
  return { ...server, client, scripted, sessionId, stream, turn, summarising, window }
}

describe('a compaction', () => {
  test('opens an epoch with the summary, in the commit that ends its run', async () => {
    const { client, sessionId, stream, summarising, window, scripted } = await openSession()
    const answer = await client.history.compact({ sessionId })
    expect(answer).toEqual({ runId: expect.any(String), queued: false })
    const { messages, resolve } = await summarising()
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    resolve({
      text: 'They said hi.',
      usage: { outputTokens: 50, reasoningTokens: 20 },
      model: 'small',
      systemTokens: 100,
    })
    const last = (await readRun(stream)).at(-1)
    expect(last?.type === 'events' && last.events.map(({ type }) => type)).toEqual([
      'boundary',
      'usage',
      'run-ended',
    ])
    const { messages: shown, caughtUp } = await window()
    expect(shown).toMatchObject([
      {
        role: 'system',
        epoch: 1,
        parts: [{ type: 'text', text: 'They said hi.' }],
        metadata: {
          boundary: { kind: 'compaction', trigger: 'user' },
          contextUsage: { tokens: 130, estimated: true },
        },
      },
    ])
    expect(caughtUp).toMatchObject({
      epoch: 1,
      hasOlder: true,
      contextUsage: { tokens: 130, estimated: true },
      usage: { totals: { outputTokens: 50 }, models: { small: { outputTokens: 50 } } },
    })
    await client.messages.send({ sessionId, text: 'Next' })
    const { context } = await scripted.run()
    expect(context.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  })

  test.each([
    ['the agent names', {}, { contextLimit: 1_000 }],
    ['the agent names, whatever the server says', { contextLimit: 5 }, { contextLimit: 1_000 }],
    ['the server says', { contextLimit: 1_000 }, {}],
  ])('keeps the model and the limit of the context that %s', async (_, options, named) => {
    const { client, sessionId, scripted, stream, summarising, window } = await openSession(options)
    await client.messages.send({ sessionId, text: 'Hi', model: 'large', thinkingLevel: 'high' })
    const run = await scripted.run()
    run.yield({ type: 'finish', usage: { inputTokens: 700, outputTokens: 10 }, ...named })
    run.finish()
    await readRun(stream)
    expect((await window()).caughtUp.contextUsage).toEqual({ tokens: 710, limit: 1_000 })
    await client.history.compact({ sessionId })
    const { resolve } = await summarising()
    resolve({ text: 'Short', usage: { outputTokens: 70 }, model: 'small' })
    await readRun(stream)
    const contextUsage = { tokens: 70, limit: 1_000, estimated: true }
    const { caughtUp, messages } = await window()
    expect(caughtUp).toMatchObject({
      contextUsage,
      lastModel: 'large',
      lastThinkingLevel: 'high',
    })
    expect(messages).toMatchObject([{ metadata: { contextUsage } }])
  })

  test('that failed is reported to clients that connect later, until the next run', async () => {
    const { client, sessionId, stream, summarising, window, turn } = await openSession()
    await client.history.compact({ sessionId })
    const { reject } = await summarising()
    reject(new CaughtupError('UNAVAILABLE', 'The model is overloaded.'))
    await readRun(stream)
    const { caughtUp, messages } = await window()
    const error = { code: 'UNAVAILABLE', message: 'The model is overloaded.' }
    expect(caughtUp.lastError).toEqual(error)
    expect(messages.flatMap(({ metadata }) => metadata.error ?? [])).toEqual([])
    expect((await client.activity.list()).rows).toMatchObject([{ lastError: error }])
    await turn('Go on')
    expect((await window()).caughtUp).not.toHaveProperty('lastError')
  })

  test("accepts the AI SDK's usage, and treats invalid counts as unknown", async () => {
    const { client, sessionId, stream, summarising, window } = await openSession()
    await client.history.compact({ sessionId })
    const { resolve } = await summarising()
    const details = { reasoningTokens: 20, textTokens: 30 }
    const usage = { inputTokens: NaN, outputTokens: 50, outputTokenDetails: details }
    resolve({ text: 'Short', usage })
    await readRun(stream)
    expect((await window()).caughtUp).toMatchObject({
      contextUsage: { tokens: 30, estimated: true },
      usage: { totals: { outputTokens: 50, reasoningTokens: 20 } },
    })
  })

  test('queues behind a run, and prompts queue behind it', async () => {
    const { client, sessionId, scripted, summarising, stream } = await openSession()
    await client.messages.send({ sessionId, text: 'First' })
    const run = await scripted.run()
    expect(await client.history.compact({ sessionId })).toMatchObject({ queued: true })
    expect(await client.messages.send({ sessionId, text: 'Later' })).toMatchObject({ queued: true })
    run.finish()
    await readRun(stream)
    const { messages, resolve } = await summarising()
    expect(messages).toHaveLength(3)
    resolve('Short.')
    await readRun(stream)
    const { context } = await scripted.run()
    expect(context.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  })

  test('that fails does not change the epoch', async () => {
    const { client, sessionId, stream, summarising, window, errors } = await openSession()
    await client.history.compact({ sessionId })
    const { reject } = await summarising()
    reject(new Error('secret'))
    const last = (await readRun(stream)).at(-1)
    expect(last).toMatchObject({ events: [{ type: 'run-ended', reason: 'error' }] })
    expect((await window()).caughtUp.epoch).toBe(0)
    expect(String(errors[0]?.error)).toContain('secret')
  })

  test('that is interrupted does not change the epoch, whatever its summary returns later', async () => {
    const { client, sessionId, stream, summarising, window } = await openSession()
    await client.history.compact({ sessionId })
    const { resolve, signal } = await summarising()
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    expect(signal.aborted).toBe(true)
    resolve('too late')
    expect((await readRun(stream)).at(-1)).toMatchObject({
      events: [{ type: 'run-ended', reason: 'interrupted' }],
    })
    expect((await window()).caughtUp.epoch).toBe(0)
  })

  test('locks nothing while the summary is written', async () => {
    const { client, summarising, sessionId, scripted } = await openSession()
    await client.history.compact({ sessionId })
    await summarising()
    const { id: other } = await client.sessions.create()
    await client.messages.send({ sessionId: other, text: 'Hi' })
    await scripted.run()
    expect(await client.history.loadMore({ sessionId })).toMatchObject({ epoch: 0 })
  })

  test('without a summarise function is refused as bad input', async () => {
    const { client } = await openTestServer().then((server) => ({ client: server.client() }))
    const { id: sessionId } = await client.sessions.create()
    await expect(client.history.compact({ sessionId })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { reason: 'no-summarise' },
    })
  })
})

describe('a reset', () => {
  test('opens an empty epoch, also twice in a row', async () => {
    const { client, sessionId, window, stream } = await openSession()
    for (const epoch of [1, 2]) {
      expect(await client.history.reset({ sessionId })).toMatchObject({ queued: false })
      await readRun(stream)
      const { messages, caughtUp } = await window()
      expect(messages).toEqual([])
      expect(caughtUp).toMatchObject({ epoch, hasOlder: true })
    }
    expect(await client.history.loadMore({ sessionId })).toMatchObject({ hasOlder: false })
  })

  test('keeps older history reachable', async () => {
    const { client, sessionId, turn } = await openSession()
    await client.history.reset({ sessionId })
    await turn('New').catch(() => undefined)
    const page = await client.history.loadMore({ sessionId, cursor: { before: 3 } })
    expect(page.messages.map(({ epoch, order }) => [epoch, order])).toEqual([
      [0, 1],
      [0, 2],
    ])
    expect(page.nextCursor).toBeNull()
  })
})

describe('the estimate of the context after a compaction', () => {
  test('adds the system tokens to the output without its reasoning', () => {
    const usage = { outputTokens: 80, reasoningTokens: 30 }
    expect(estimateContext({ text: '', systemTokens: 500, usage })?.tokens).toBe(550)
  })

  test('is never less than the system tokens', () => {
    const usage = { outputTokens: 10, reasoningTokens: 30 }
    expect(estimateContext({ text: '', systemTokens: 500, usage })?.tokens).toBe(500)
  })

  test("is undefined if the summary's tokens are unknown", () => {
    expect(estimateContext({ text: '', systemTokens: 500 })).toBeUndefined()
    expect(estimateContext({ text: '' }, 1_000)).toBeUndefined()
  })

  test('counts unknown system tokens as 0', () => {
    const usage = { outputTokens: 80, reasoningTokens: 30 }
    expect(estimateContext({ text: '', usage })).toEqual({ tokens: 50, estimated: true })
  })

  test('has the known limit, unless the summary names another', () => {
    const usage = { outputTokens: 80 }
    expect(estimateContext({ text: '', usage }, 1_000)).toMatchObject({ tokens: 80, limit: 1_000 })
    const named = { text: '', contextUsage: { tokens: 5 } }
    expect(estimateContext(named, 1_000)).toEqual({ tokens: 5, limit: 1_000 })
    const limited = { text: '', contextUsage: { tokens: 5, limit: 9 } }
    expect(estimateContext(limited, 1_000)).toEqual({ tokens: 5, limit: 9 })
  })
})
