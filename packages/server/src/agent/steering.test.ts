import type { Message } from '@caughtup/schema'
import {
  convertToModelMessages,
  jsonSchema,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

import { openTestServer, type TestServerOptions } from '../../tests/support/open-test-server.ts'
import { ScriptedAgent, type ScriptedRun } from '../../tests/support/scripted-agent.ts'

async function openSession(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  // So long that nothing is done by a check that should have been done before.
  const server = await openTestServer({ agent: scripted.agent, lease: 1e9, ...options })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const head = async () => (await server.store.head(sessionId)).head
  const send = (messageId: string, whenBusy?: 'queue' | 'steer', from = client) =>
    from.messages.send({ sessionId, text: messageId, messageId, ...(whenBusy && { whenBusy }) })
  const over = () => expect.poll(async () => (await head()).run).toBeUndefined()
  const messages = async () => (await client.history.loadMore({ sessionId })).messages
  const shown = async () =>
    (await messages()).map((message) => (message.role === 'user' ? message.id : textOf(message)))
  const finish = async (run: ScriptedRun) => {
    run.finish()
    await over()
  }
  return { ...server, client, sessionId, scripted, head, send, over, messages, shown, finish }
}

const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

describe('a prompt that steers', () => {
  test('is taken by the running agent: its answer so far ends, and the next one follows the prompt', async () => {
    const { send, scripted, shown, finish, messages, head } = await openSession()
    const { runId } = await send('first')
    const run = await scripted.run()
    run.say('So far')
    expect(await send('more', 'steer')).toMatchObject({ queued: true })
    const taken = await run.context.steer()
    expect(taken).toMatchObject([{ id: 'more', role: 'user', metadata: { runId, author: 'me' } }])
    expect((await head()).queue).toEqual([])
    run.say('Then')
    await finish(run)
    expect(await shown()).toEqual(['first', 'So far', 'more', 'Then'])
    expect((await messages()).map(({ metadata }) => metadata.finishReason)).toEqual([
      undefined,
      'stop',
      undefined,
      'stop',
    ])
  })

  test('that is never taken is answered next, before the prompts that merely wait', async () => {
    const { send, scripted, finish, head, shown } = await openSession()
    await send('first')
    const run = await scripted.run()
    await send('waits')
    await send('a', 'steer')
    await send('b', 'steer')
    expect((await head()).queue.map((each) => 'messageId' in each && each.messageId)).toEqual([
      'a',
      'b',
      'waits',
    ])
    run.finish()
    for (const id of ['a', 'b', 'waits']) {
      const next = await scripted.run()
      expect(next.context.prompt.id).toBe(id)
      next.say(`re: ${id}`)
      if (id === 'waits') await finish(next)
      else next.finish()
    }
    expect(await shown()).toEqual(['first', '', 'a', 're: a', 'b', 're: b', 'waits', 're: waits'])
  })

  test('is answered next when the run is stopped before it is taken', async () => {
    const { send, scripted, client, sessionId } = await openSession()
    await send('first')
    const run = await scripted.run()
    await send('more', 'steer')
    await client.runs.interrupt({ sessionId })
    expect(await run.context.steer()).toEqual([])
    expect((await scripted.run()).context.prompt.id).toBe('more')
  })

  test('is taken as it is by then: edited, or not at all if it was taken back', async () => {
    const { send, scripted, client, sessionId } = await openSession()
    await send('first')
    const run = await scripted.run()
    const { runId } = await send('a', 'steer')
    const other = await send('b', 'steer')
    await client.runs.updateQueued({ sessionId, runId, text: 'better' })
    await client.runs.interrupt({ sessionId, runId: other.runId })
    expect(await run.context.steer()).toMatchObject([{ id: 'a', parts: [{ text: 'better' }] }])
    expect(await run.context.steer()).toEqual([])
  })

  test('is not taken while a call of the answer has no result', async () => {
    const { send, scripted, store, sessionId } = await openSession()
    await send('first')
    const run = await scripted.run()
    const call = { toolCallId: 'a', toolName: 'look', input: {} }
    run.yield({ type: 'tool-call', ...call, providerExecuted: true })
    await expect.poll(async () => (await store.head(sessionId)).open[0]?.parts.length).toBe(1)
    await send('more', 'steer')
    expect(await run.context.steer()).toEqual([])
    run.yield({ type: 'tool-result', toolCallId: 'a', toolName: 'look', output: 1 })
    await expect
      .poll(async () => (await store.head(sessionId)).open[0]?.parts[0])
      .toMatchObject({ state: 'output-available' })
    expect(await run.context.steer()).toHaveLength(1)
  })

  test('starts at once in an idle session, and waits behind a run that waits', async () => {
    const { send, scripted, head } = await openSession()
    expect(await send('first', 'steer')).toMatchObject({ queued: false })
    const run = await scripted.run()
    run.yield({ type: 'tool-call', toolCallId: 'a', toolName: 'ask', input: {} })
    run.finish()
    await expect.poll(async () => (await head()).run?.status).toBe('waiting')
    expect(await send('more', 'steer')).toMatchObject({ queued: true })
  })

  test('can be undone together with its answer, and what was before it stays', async () => {
    const { send, scripted, finish, client, sessionId, shown } = await openSession()
    await send('first')
    const run = await scripted.run()
    run.say('So far')
    await send('more', 'steer')
    await run.context.steer()
    run.say('Then')
    await finish(run)
    await client.history.undo({ sessionId })
    expect(await shown()).toEqual(['first', 'So far'])
  })
})

test('steering against interrupt: every prompt is in the session once, and every message finished', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 8 }), { minLength: 3, maxLength: 3 }),
      async (turns) => {
        const { send, scripted, client, sessionId, store, head } = await openSession()
        await send('first')
        const run = await scripted.run()
        run.say('So far')
        await send('more', 'steer')
        const after = async (turn: number | undefined, work: () => Promise<unknown>) => {
          for (let n = 0; n < (turn ?? 0); n++) await Promise.resolve()
          return work()
        }
        await Promise.all([
          after(turns[0], () => run.context.steer()),
          after(turns[1], () => client.runs.interrupt({ sessionId })),
          after(turns[2], () => send('last', 'steer')),
        ])
        await expect.poll(async () => (await head()).run?.id).not.toBe(run.context.runId)
        for (let left = true; left;) {
          const { run: active, queue } = await head()
          if (active) (await scripted.run()).finish()
          await expect.poll(async () => (await head()).run?.id).not.toBe(active?.id ?? '')
          left = (await head()).run !== undefined || queue.length > 0
        }
        const { messages } = await store.window(sessionId)
        const prompts = messages.filter(({ role }) => role === 'user').map(({ id }) => id)
        expect(prompts.toSorted()).toEqual(['first', 'last', 'more'])
        expect(messages.every(({ status }) => status === 'done')).toBe(true)
      },
    ),
    { numRuns: 15 },
  )
})

test('an edit that comes while its prompt is taken, or started, is not lost', async () => {
  const { send, scripted, client, sessionId, store } = await openSession()
  await send('first')
  const run = await scripted.run()
  const taken = await send('taken', 'steer')
  const edit = ({ runId }: { runId: string }) =>
    client.runs.updateQueued({ sessionId, runId, text: 'better' })
  const flush = vi
    .spyOn(store, 'flush')
    .mockImplementationOnce(async () => void (await edit(taken)))
  expect(await run.context.steer()).toMatchObject([{ id: 'taken', parts: [{ text: 'better' }] }])
  expect(flush).toHaveBeenCalledTimes(2)
  const started = await send('started')
  const { append } = store
  vi.spyOn(store, 'append').mockImplementationOnce(async (...start) => {
    await edit(started)
    return append(...start)
  })
  run.finish()
  const { prompt } = (await scripted.run()).context
  expect(prompt).toMatchObject({ id: 'started', parts: [{ text: 'better' }] })
})

test('an AI SDK agent takes it between two tool calls, and usage is counted once', async () => {
  const usage = (n: number) => ({
    inputTokens: { total: n, noCache: n, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: n, text: n, reasoning: 0 },
  })
  const step = (chunks: unknown[], unified: string, n: number) => [
    { type: 'stream-start', warnings: [] },
    ...chunks,
    { type: 'finish', finishReason: { unified, raw: '' }, usage: usage(n) },
  ]
  const call = (id: string) => ({
    type: 'tool-call',
    toolCallId: id,
    toolName: 'look',
    input: '{}',
  })
  const turns = [
    step([call('a')], 'tool-calls', 10),
    step([call('b')], 'tool-calls', 20),
    step(
      [
        { type: 'text-start', id: 'x' },
        { type: 'text-delta', id: 'x', delta: 'Done.' },
        { type: 'text-end', id: 'x' },
      ],
      'stop',
      40,
    ),
  ]
  const seen: string[] = []
  const model = new MockLanguageModelV4({
    doStream: async ({ prompt }) => {
      seen.push(prompt.map(({ role }) => role).join(' '))
      return { stream: simulateReadableStream({ chunks: (turns.shift() ?? []) as never[] }) }
    },
  })
  const asked = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const { send, over, messages, client, sessionId, errors } = await openSession({
    agent: async ({ messages: context, signal, steer }) =>
      streamText({
        model,
        messages: await convertToModelMessages(context),
        abortSignal: signal,
        stopWhen: stepCountIs(5),
        prepareStep: async ({ messages: before, stepNumber }) => {
          const taken = await steer(stepNumber)
          if (taken.length === 0) return undefined
          return { messages: [...before, ...(await convertToModelMessages(taken))] }
        },
        tools: {
          look: tool({
            inputSchema: jsonSchema<object>({ type: 'object' }),
            execute: async () => {
              looked.resolve()
              await asked.promise
              return 'seen'
            },
          }),
        },
      }).stream,
  })
  await send('first')
  await looked.promise
  await send('more', 'steer')
  asked.resolve()
  await over()
  expect(
    (await messages()).map(({ role, parts }) => [role, parts.map(({ type }) => type)]),
  ).toEqual([
    ['user', ['text']],
    ['assistant', ['step-start', 'dynamic-tool']],
    ['user', ['text']],
    ['assistant', ['step-start', 'dynamic-tool', 'step-start', 'text']],
  ])
  expect(seen).toEqual([
    'user',
    'user assistant tool user',
    'user assistant tool user assistant tool',
  ])
  const outputs = (await messages()).flatMap(({ metadata }) => metadata.usage?.outputTokens ?? [])
  expect(outputs).toEqual([10, 60])
  expect(await client.usage.get({ sessionId })).toMatchObject({ totals: { outputTokens: 70 } })
  expect(errors).toEqual([])
})
