import type { Event, Message } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema'
import { noticeText } from '@caughtup/schema/notice'
import type { Store } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import {
  type Client,
  openTestServer,
  readRun,
  readUntil,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'

/** A session with a follower that has caught up. */
async function openSession(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({
    agent: scripted.agent,
    // So long that no check of the queues starts a run that should have been started before.
    lease: 1e9,
    ...options,
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  const send = (text: string, messageId?: string) =>
    client.messages.send({ sessionId, text, ...(messageId !== undefined && { messageId }) })
  return { ...server, scripted, client, sessionId, stream, send }
}

async function journal(store: Store, sessionId: string): Promise<Event[]> {
  return (await store.events(sessionId, 0, { bytes: 1e9 })).events
}

async function ends(store: Store, sessionId: string) {
  return (await journal(store, sessionId)).filter((event) => event.type === 'run-ended')
}

async function messages(client: Client, sessionId: string): Promise<Message[]> {
  return (await client.history.loadMore({ sessionId })).messages
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).map((part) => ('text' in part ? part.text : '')).join('')
}

describe('a run', () => {
  test('ends once, with its message, its usage and the size of the context', async () => {
    const { store, scripted, send, stream, client, sessionId } = await openSession({
      contextLimit: 1_000,
    })
    await send('Hi')
    const run = await scripted.run()
    run.yield({ type: 'start-step' })
    run.say('Hello')
    run.yield({
      type: 'finish-step',
      finishReason: 'tool-calls',
      usage: { inputTokens: 10, outputTokens: 5 },
    })
    run.yield({
      type: 'finish-step',
      usage: { inputTokens: 20, outputTokens: 7, outputTokenDetails: { reasoningTokens: 2 } },
    })
    run.yield({ type: 'finish', finishReason: 'length', totalUsage: { totalTokens: 42 } })
    run.finish()
    const frames = await readRun(stream)
    const last = frames.at(-1)
    expect(last?.type === 'events' && last.events.map(({ type }) => type).slice(-3)).toEqual([
      'message-finished',
      'usage',
      'run-ended',
    ])
    const [, answer] = await messages(client, sessionId)
    expect(answer?.metadata).toMatchObject({
      finishReason: 'length',
      usage: { totalTokens: 42 },
      contextUsage: { tokens: 27, limit: 1_000 },
    })
    expect(await client.usage.get({ sessionId })).toMatchObject({
      version: 1,
      totals: { totalTokens: 42 },
      contextUsage: { tokens: 27 },
    })
    expect(await ends(store, sessionId)).toMatchObject([{ reason: 'length' }])
  })

  test('adds its usage to the totals, and to those of its model if known', async () => {
    const { scripted, stream, client, sessionId } = await openSession()
    const models = ['small', 'large', undefined, 'small']
    for (const [index, model] of models.entries()) {
      const prompt = { sessionId, text: `Prompt ${index}`, ...(model !== undefined && { model }) }
      await client.messages.send(prompt)
      const run = await scripted.run()
      run.yield({ type: 'finish', totalUsage: { inputTokens: 10 ** index } })
      run.finish()
      await readRun(stream)
    }
    expect(await client.usage.get({ sessionId })).toMatchObject({
      version: 4,
      totals: { inputTokens: 1_111 },
      models: { small: { inputTokens: 1_001 }, large: { inputTokens: 10 } },
    })
  })

  test('gives the agent the messages of the epoch and the prompt', async () => {
    const { scripted, send, stream, client, sessionId } = await openSession()
    await send('First')
    const first = await scripted.run()
    first.say('Answer')
    first.finish()
    await readRun(stream)
    await client.messages.send({ sessionId, text: 'Second', model: 'large' })
    const { context } = await scripted.run()
    expect(context.messages.map(textOf)).toEqual(['First', 'Answer', 'Second'])
    expect(textOf(context.prompt)).toBe('Second')
    expect(context).toMatchObject({ model: 'large', principal: { id: 'me' }, sessionId })
  })

  test('gives the agent the whole epoch, even if it is longer than a window', async () => {
    const { store, scripted, send, sessionId } = await openSession()
    const drafts = Array.from({ length: 450 }, (_, index) => ({
      type: 'message-created' as const,
      message: {
        id: `old-${index}`,
        role: 'user' as const,
        status: 'done' as const,
        parts: [{ type: 'text' as const, text: `${index}` }],
        metadata: { createdAt: 1 },
      },
    }))
    await store.append({ sessionId, drafts })
    await send('now')
    const { context } = await scripted.run()
    expect(context.messages.map(textOf)).toEqual([...drafts.map((_, index) => `${index}`), 'now'])
  })

  test('keeps the text so far when its agent throws, and hides the error', async () => {
    const { scripted, send, stream, client, sessionId, errors, store } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.say('Half an ans')
    run.fail(new Error('the key sk-123 is wrong'))
    await readRun(stream)
    const [, answer] = await messages(client, sessionId)
    expect(textOf(answer)).toBe('Half an ans')
    expect(answer).toMatchObject({
      status: 'done',
      metadata: { finishReason: 'error', error: { code: 'AGENT_FAILED' } },
    })
    expect(JSON.stringify(await journal(store, sessionId))).not.toContain('sk-123')
    expect(String(errors[0]?.error)).toContain('sk-123')
    expect(await client.activity.list()).toMatchObject({
      rows: [{ lastError: { code: 'AGENT_FAILED' }, streaming: false }],
    })
  })

  test("shows the message of an agent's CaughtupError", async () => {
    const { scripted, send, stream, client, sessionId } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.fail(new CaughtupError('LIMIT_EXCEEDED', 'The provider asks to wait a minute.'))
    await readRun(stream)
    expect((await messages(client, sessionId))[1]?.metadata.error).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: 'The provider asks to wait a minute.',
    })
  })

  test('ends with the error that its agent yields, and releases the agent', async () => {
    const { scripted, send, stream, store, sessionId } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.yield({ type: 'error', error: new Error('overloaded') })
    await readRun(stream)
    expect(await ends(store, sessionId)).toMatchObject([{ reason: 'error' }])
    expect(scripted.returned).toBe(1)
  })

  test('fails on a malformed part, and counts and ignores unknown types', async () => {
    const { scripted, send, stream, store, sessionId, client } = await openSession({
      stats: () => true,
    })
    await send('Hi')
    const run = await scripted.run()
    run.yield({ type: 'raw' })
    run.yield({ type: 'ping' })
    run.yield({ type: 'text-delta', text: 7 as unknown as string })
    await readRun(stream)
    expect(await ends(store, sessionId)).toMatchObject([
      { reason: 'error', error: { code: 'AGENT_FAILED' } },
    ])
    expect(await client.server.stats()).toMatchObject({ ignoredParts: 2, runs: 0 })
  })

  test('ends with an error when the agent function itself throws', async () => {
    const { send, stream, store, sessionId } = await openSession({
      agent: () => {
        throw new Error('no model')
      },
    })
    await send('Hi')
    await readRun(stream)
    expect(await ends(store, sessionId)).toMatchObject([{ reason: 'error' }])
  })

  test('of a stuck agent does not block other sessions', async () => {
    const { scripted, send, client, stream } = await openSession()
    await send('stuck')
    await scripted.run()
    const { id: other } = await client.sessions.create()
    const otherStream = await client.onChat({ sessionId: other, mode: { type: 'full' } })
    await readUntil(otherStream, 'caught-up')
    await client.messages.send({ sessionId: other, text: 'Hi' })
    const run = await scripted.run()
    run.say('fine')
    run.finish()
    await readRun(otherStream)
    expect(textOf((await messages(client, other))[1])).toBe('fine')
    await stream.return?.()
  })

  test('stops when its session is deleted', async () => {
    const { scripted, send, client, sessionId, errors } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.say('on its way')
    await client.sessions.delete({ sessionId })
    expect(run.context.signal.aborted).toBe(true)
    run.say('into the void')
    await expect.poll(() => scripted.returned).toBe(1)
    expect(errors).toEqual([])
  })

  test('ends once even if all its followers are slow', async () => {
    const { store, scripted, send, sessionId, stream } = await openSession()
    const deaf = store.updates.subscribe()
    await send('Hi')
    const run = await scripted.run()
    for (let i = 0; i < 200; i++) run.say('.')
    run.finish()
    await readRun(stream)
    const events = await journal(store, sessionId)
    expect(events.filter(({ type }) => type === 'run-ended')).toHaveLength(1)
    expect(events.at(-1)?.type).toBe('run-ended')
    await deaf.return?.()
  })
})

describe('an interruption', () => {
  test('ends a run whose agent ignores its signal, with a notice', async () => {
    const { scripted, send, client, sessionId, stream, store } = await openSession({
      assistantName: '  Ada ',
    })
    await send('Hi')
    const run = await scripted.run()
    run.say('Well')
    await readUntil(stream, 'events', ({ events }) =>
      events.some((e) => e.type === 'message-delta'),
    )
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    await readRun(stream)
    const [, answer] = await messages(client, sessionId)
    expect(answer?.parts).toEqual([
      { type: 'text', text: 'Well', state: 'done' },
      { type: 'data-notice', data: { kind: 'interrupted', assistant: 'Ada' } },
    ])
    expect(answer?.metadata.finishReason).toBe('interrupted')
    expect(run.context.signal.aborted).toBe(true)
    expect(scripted.returned).toBe(1)
    run.say('too late')
    expect(await ends(store, sessionId)).toHaveLength(1)
    expect(textOf((await messages(client, sessionId))[1])).toBe('Well')
  })

  test('twice leaves one notice, and the second call returns false', async () => {
    const { scripted, send, client, sessionId } = await openSession({ assistantName: ' ' })
    await send('Hi')
    await scripted.run()
    const both = await Promise.all([
      client.runs.interrupt({ sessionId }),
      client.runs.interrupt({ sessionId }),
    ])
    expect(both.filter(({ interrupted }) => interrupted)).toHaveLength(1)
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: false })
    const [, answer] = await messages(client, sessionId)
    expect(answer?.parts).toHaveLength(1)
    const [part] = answer?.parts ?? []
    expect(part && 'data' in part && noticeText(part.data as never)).toBe('Assistant was stopped.')
  })

  test('before the first token leaves only the notice, and no model sees it', async () => {
    const { scripted, send, client, sessionId } = await openSession()
    await send('Hi')
    await client.runs.interrupt({ sessionId })
    const [, answer] = await messages(client, sessionId)
    expect(answer?.parts.map(({ type }) => type)).toEqual(['data-notice'])
    await scripted.run()
    await send('Again')
    const { context } = await scripted.run()
    expect(context.messages.map(textOf)).toEqual(['Hi', 'Again'])
  })

  test('keeps a tool call without a result', async () => {
    const { scripted, send, client, sessionId, stream } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.yield({ type: 'tool-call', toolCallId: 't1', toolName: 'search', input: { q: 'x' } })
    await readUntil(stream, 'events', ({ events }) =>
      events.some((e) => e.type === 'message-delta'),
    )
    await client.runs.interrupt({ sessionId })
    const [, answer] = await messages(client, sessionId)
    expect(answer?.parts.map(({ type }) => type)).toEqual(['dynamic-tool', 'data-notice'])
  })

  test('of nothing, or of an unknown run, interrupts nothing', async () => {
    const { client, sessionId } = await openSession()
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: false })
    expect(await client.runs.interrupt({ sessionId, runId: 'other' })).toEqual({
      interrupted: false,
    })
  })

  test('of a queued run removes it from the queue', async () => {
    const { scripted, send, client, sessionId, stream, store } = await openSession()
    await send('First')
    const run = await scripted.run()
    const second = await send('Second')
    const third = await send('Third')
    expect(await client.runs.interrupt({ sessionId, runId: second.runId })).toEqual({
      interrupted: true,
    })
    run.finish()
    await readRun(stream)
    const next = await scripted.run()
    expect(next.context.runId).toBe(third.runId)
    expect((await store.head(sessionId)).head.queue).toEqual([])
  })
})

describe('the queue', () => {
  test('accepts prompts while a run is active, and runs them in order', async () => {
    const { scripted, send, client, sessionId, stream } = await openSession()
    const sent = [await send('1'), await send('2'), await send('3')]
    expect(sent.map(({ queued }) => queued)).toEqual([false, true, true])
    for (const text of ['a', 'b', 'c']) {
      const run = await scripted.run()
      run.say(text)
      run.finish()
      await readRun(stream)
    }
    const all = await messages(client, sessionId)
    expect(all.map(textOf)).toEqual(['1', 'a', '2', 'b', '3', 'c'])
    expect(all.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('continues after an interruption and after an error', async () => {
    const { scripted, send, client, sessionId, stream } = await openSession()
    await send('1')
    await send('2')
    await send('3')
    await scripted.run()
    await client.runs.interrupt({ sessionId })
    const second = await scripted.run()
    second.fail(new Error('no'))
    const third = await scripted.run()
    third.say('done')
    third.finish()
    await readUntil(stream, 'events', ({ events }) =>
      events.some((e) => e.type === 'run-ended' && e.reason === 'stop'),
    )
    expect((await messages(client, sessionId)).map(textOf)).toEqual(['1', '', '2', '', '3', 'done'])
  })

  test('is limited', async () => {
    const { send } = await openSession({ limits: { queuedPerSession: 2 } })
    await send('1')
    await send('2')
    await send('3')
    await expect(send('4')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      status: 429,
      data: { limit: 2, retryAfter: expect.any(Number) },
    })
  })

  test('accepts each of many prompts sent at once', async () => {
    const { scripted, send, store, sessionId } = await openSession()
    const sent = await Promise.all(Array.from({ length: 15 }, (_, index) => send(`${index}`)))
    expect(sent.filter(({ queued }) => !queued)).toHaveLength(1)
    await scripted.run()
    expect((await store.head(sessionId)).head.queue).toHaveLength(14)
  })
})

describe('a message id', () => {
  test('sent again with the same content returns the same result', async () => {
    const { scripted, send, client, sessionId, stream } = await openSession()
    const first = await send('Hi', 'm1')
    expect(await send('Hi', 'm1')).toEqual(first)
    const queued = await send('Next', 'm2')
    expect(await send('Next', 'm2')).toEqual(queued)
    const run = await scripted.run()
    run.finish()
    await readRun(stream)
    expect(await send('Hi', 'm1')).toEqual(first)
    await scripted.run()
    expect((await messages(client, sessionId)).filter(({ role }) => role === 'user')).toHaveLength(
      2,
    )
  })

  test('sent many times at once creates one message', async () => {
    const { send, store, sessionId } = await openSession()
    await send('busy')
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('Hi', 'm1')))
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1)
    expect((await store.head(sessionId)).head.queue).toHaveLength(1)
  })

  test('sent with other content is a conflict, also while queued', async () => {
    const { send } = await openSession()
    await send('Hi', 'm1')
    await send('Next', 'm2')
    for (const id of ['m1', 'm2']) {
      await expect(send('Other', id)).rejects.toMatchObject({
        code: 'CONFLICT',
        status: 409,
        data: { reason: 'message-id-reused' },
      })
    }
  })

  test('of an answer cannot be sent', async () => {
    const { send, scripted, stream, client, sessionId } = await openSession()
    await send('Hi')
    const run = await scripted.run()
    run.finish()
    await readRun(stream)
    const [, answer] = await messages(client, sessionId)
    await expect(send('Mine', answer!.id)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('an untitled session', () => {
  test("gets the first prompt's first line as its title, shortened by whole characters", async () => {
    const { client } = await openSession()
    const { id: sessionId } = await client.sessions.create()
    await client.messages.send({ sessionId, text: `\n  ${'👩‍👩‍👧'.repeat(10)}\nmore` })
    const { title } = await client.sessions.get({ sessionId })
    expect(title).toBe(`${'👩‍👩‍👧'.repeat(7)}…`)
  })
})
