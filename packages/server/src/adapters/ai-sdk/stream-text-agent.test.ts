import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ManualClock } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { isStepCount, type LanguageModel, tool } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

import {
  callOf,
  delta,
  end,
  type ModelRequest,
  says,
  serveModel,
} from '../../../tests/support/models/model-server.ts'
import {
  openTestServer,
  testDatabase,
  type TestServerOptions,
} from '../../../tests/support/open-test-server.ts'
import type { AgentContext } from '../../host/agent.ts'
import { streamTextAgent, type StreamTextAgentOptions } from './stream-text-agent.ts'

type Answer = (request: ModelRequest) => Iterable<unknown> | AsyncIterable<unknown>
type Options =
  | Omit<StreamTextAgentOptions, 'model'>
  | ((context: AgentContext, model: LanguageModel) => StreamTextAgentOptions)

/** A server whose agent asks a model over HTTP, which gives these answers, one per request. */
async function openChat(answers: Answer[], options: Options = {}, rest: TestServerOptions = {}) {
  const server = await serveModel((request, number) => {
    const answer = answers[number - 1]
    if (!answer) throw new Error(`Nobody expected request ${number} to the model.`)
    return answer(request)
  })
  const provider = createOpenAICompatible({ name: 'acme', includeUsage: true, ...server })
  const model = provider.chatModel('m')
  const agent = streamTextAgent(
    typeof options === 'function' ? (context) => options(context, model) : { model, ...options },
  )
  const chat = await openTestServer({ agent, ...rest })
  const { store } = chat
  const me = chat.client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const send = (text: string, more: object = {}) => me.messages.send({ sessionId, text, ...more })
  const status = async () => (await store.head(sessionId)).head.run?.status
  const waits = () => expect.poll(status).toBe('waiting')
  const answer = async () => {
    await expect.poll(status).toBeUndefined()
    return (await store.window(sessionId)).messages.at(-1)!
  }
  const roles = () => server.requests.map(({ body }) => body.messages.map(({ role }) => role))
  return { ...chat, ...server, me, sessionId, send, waits, answer, roles }
}

const look = (seen: string[] = []) =>
  tool({
    inputSchema: z.object({ at: z.string() }),
    execute: async ({ at }) => {
      seen.push(at)
      return { at, seen: true }
    },
  })
const calls =
  (...names: string[]): Answer =>
  () => [...names.map((name, n) => callOf(name, name, { at: name }, n)), ...end('tool_calls')]

describe('streamTextAgent', () => {
  test('sends the conversation, streams the answer, and reports usage with the context limit', async () => {
    const chat = await openChat([() => says('Hello to you'), () => says('Bye')], {
      instructions: 'Be kind.',
      contextLimit: 1_000,
    })
    await chat.send('Hi')
    expect(await chat.answer()).toMatchObject({
      parts: [{ type: 'step-start' }, { type: 'text', text: 'Hello to you', state: 'done' }],
      metadata: {
        finishReason: 'stop',
        usage: { inputTokens: 100, outputTokens: 10, cachedInputTokens: 40, reasoningTokens: 3 },
        contextUsage: { tokens: 110, limit: 1_000 },
      },
    })
    await chat.send('And now?')
    await chat.answer()
    expect(chat.requests[1]?.body.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello to you' },
      { role: 'user', content: 'And now?' },
    ])
    expect(chat.errors).toEqual([])
  })

  test('returns reasoning, and what the provider attached to a call, with the next request', async () => {
    const signed = {
      index: 0,
      id: 'c',
      type: 'function',
      function: { name: 'look', arguments: '{"at":"x"}' },
      extra_content: { google: { thought_signature: 'signed' } },
    }
    const chat = await openChat(
      [
        () => [
          delta({ reasoning_content: 'Let me ' }),
          delta({ reasoning_content: 'look.' }),
          delta({ tool_calls: [signed] }),
          ...end('tool_calls'),
        ],
        () => says('Seen.'),
        () => says('Yes.'),
      ],
      { tools: { look: look() } },
    )
    await chat.send('Look')
    expect((await chat.answer()).parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Let me look.' },
      { type: 'dynamic-tool', state: 'output-available', output: { seen: true } },
      { type: 'step-start' },
      { type: 'text', text: 'Seen.' },
    ])
    await chat.send('Sure?')
    await chat.answer()
    const [, , ...after] = chat.requests[2]!.body.messages
    for (const sent of [chat.requests[1]?.body.messages[1], chat.requests[2]?.body.messages[1]]) {
      expect(sent).toMatchObject({
        role: 'assistant',
        reasoning_content: 'Let me look.',
        tool_calls: [{ id: 'c', extra_content: { google: { thought_signature: 'signed' } } }],
      })
    }
    expect(after.map(({ role }) => role)).toEqual(['tool', 'assistant', 'user'])
    expect(chat.errors).toEqual([])
  })

  test('sends a result in the words of its tool, in later runs too', async () => {
    const chat = await openChat([calls('look'), () => says('Seen.'), () => says('Yes.')], {
      tools: {
        look: tool({
          inputSchema: z.object({ at: z.string() }),
          execute: async () => ({ long: 'x'.repeat(100) }),
          toModelOutput: () => ({ type: 'text', value: 'in short' }),
        }),
      },
    })
    await chat.send('Look')
    await chat.answer()
    await chat.send('Sure?')
    await chat.answer()
    for (const { body } of chat.requests.slice(1)) {
      expect(body.messages[2]).toMatchObject({ role: 'tool', content: 'in short' })
    }
  })

  test('lets the model call tools for twenty steps, or as long as stopWhen says', async () => {
    const many = Array.from({ length: 30 }, () => calls('look'))
    const all = await openChat(many, { tools: { look: look() } })
    await all.send('Go')
    expect((await all.answer()).metadata.finishReason).toBe('tool-calls')
    expect(all.requests).toHaveLength(20)
    const few = await openChat(many, { tools: { look: look() }, stopWhen: isStepCount(2) })
    await few.send('Go')
    await few.answer()
    expect(few.requests).toHaveLength(2)
  })

  test('begins with the summary of a compaction', async () => {
    const chat = await openChat(
      [() => says('One'), () => says('Two')],
      { instructions: 'Be kind.' },
      { summarise: async () => 'They said hello.' },
    )
    await chat.send('Hi')
    await chat.answer()
    await chat.me.history.compact({ sessionId: chat.sessionId })
    await chat.answer()
    await chat.send('Go on')
    await chat.answer()
    expect(chat.requests[1]?.body.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'They said hello.' },
      { role: 'user', content: 'Go on' },
    ])
    expect(chat.errors).toEqual([])
  })

  test('sends the files of a prompt', async () => {
    const chat = await openChat([() => says('A picture.')])
    const url = 'data:image/png;base64,iVBORw0KGgo='
    await chat.me.messages.send({
      sessionId: chat.sessionId,
      parts: [
        { type: 'text', text: 'What is it?' },
        { type: 'file', mediaType: 'image/png', url },
      ],
    })
    await chat.answer()
    expect(chat.requests[0]?.body.messages[0]?.content).toEqual([
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url } },
    ])
  })

  test('takes the options of each run from a function, and the level of thinking from the prompt', async () => {
    const chat = await openChat(
      [() => says('One'), () => says('Two')],
      ({ model: asked, principal }, model) => ({
        model,
        instructions: `${principal?.id} asked ${asked}.`,
        ...(asked === 'quick' && { reasoning: 'none' as const }),
        messages: [{ role: 'user', content: 'In other words' }],
      }),
    )
    await chat.send('Hi', { model: 'deep', thinkingLevel: 'high' })
    await chat.answer()
    await chat.send('Hi', { model: 'quick', thinkingLevel: 'high' })
    await chat.answer()
    expect(chat.requests.map(({ body }) => body)).toMatchObject([
      {
        reasoning_effort: 'high',
        messages: [{ content: 'me asked deep.' }, { content: 'In other words' }],
      },
      { messages: [{ content: 'me asked quick.' }, { content: 'In other words' }] },
    ])
    expect(chat.requests[1]?.body).not.toMatchObject({ reasoning_effort: 'high' })
  })

  test('sends no level of thinking that the AI SDK does not know', async () => {
    const chat = await openChat([() => says('One')])
    await chat.send('Hi', { thinkingLevel: 'turbo' })
    await chat.answer()
    expect(chat.requests[0]?.body).not.toHaveProperty('reasoning_effort')
  })
})

describe('a run of streamTextAgent waits', () => {
  const guarded = (seen: string[]) => ({
    tools: { look: look(seen) },
    toolApproval: { look: 'user-approval' } as const,
  })

  test('for an approval, and the approved tool is executed once', async () => {
    const seen: string[] = []
    const chat = await openChat([calls('look'), () => says('Done.')], guarded(seen))
    const { runId } = await chat.send('Look')
    await chat.waits()
    expect(seen).toEqual([])
    await chat.me.runs.respond({
      sessionId: chat.sessionId,
      runId,
      toolCallId: 'look',
      approved: true,
    })
    expect((await chat.answer()).parts).toMatchObject([
      { type: 'step-start' },
      { state: 'output-available', output: { at: 'look' }, approval: { approved: true } },
      { type: 'step-start' },
      { type: 'text', text: 'Done.' },
    ])
    expect(seen).toEqual(['look'])
    expect(chat.roles()[1]).toEqual(['user', 'assistant', 'tool'])
    expect(chat.errors).toEqual([])
  })

  test('for an approval, and the model is told that it was denied', async () => {
    const seen: string[] = []
    const chat = await openChat(
      [calls('look'), () => says('As you like.'), () => says('Yes.')],
      guarded(seen),
    )
    const { runId } = await chat.send('Look')
    await chat.waits()
    const how = { toolCallId: 'look', approved: false, reason: 'Not today.' }
    await chat.me.runs.respond({ sessionId: chat.sessionId, runId, ...how })
    expect((await chat.answer()).parts).toMatchObject([
      { type: 'step-start' },
      { state: 'output-denied', approval: { approved: false, reason: 'Not today.' } },
      { type: 'step-start' },
      { type: 'text', text: 'As you like.' },
    ])
    await chat.send('Go on')
    await chat.answer()
    for (const { body } of chat.requests.slice(1)) {
      expect(JSON.stringify(body.messages[2])).toContain('Not today.')
    }
    expect(seen).toEqual([])
    expect(chat.errors).toEqual([])
  })

  test('for a client and a person in one step, and goes on once both have answered', async () => {
    const seen: string[] = []
    const chat = await openChat([calls('look', 'ask', 'free'), () => says('Done.')], {
      tools: {
        look: look(seen),
        ask: tool({ inputSchema: z.object({ at: z.string() }) }),
        free: look(seen),
      },
      toolApproval: { look: 'user-approval' },
    })
    const { runId } = await chat.send('Look')
    await chat.waits()
    expect(seen).toEqual(['free'])
    const { sessionId } = chat
    await chat.me.runs.respond({ sessionId, runId, toolCallId: 'ask', output: 'Rome' })
    expect(chat.requests).toHaveLength(1)
    await chat.me.runs.respond({ sessionId, runId, toolCallId: 'look', approved: true })
    expect((await chat.answer()).parts).toMatchObject([
      { type: 'step-start' },
      { toolName: 'look', state: 'output-available' },
      { toolName: 'ask', state: 'output-available', output: 'Rome' },
      { toolName: 'free', state: 'output-available' },
      { type: 'step-start' },
      { text: 'Done.' },
    ])
    expect(seen).toEqual(['free', 'look'])
    const results = chat.requests[1]!.body.messages.filter(({ role }) => role === 'tool')
    const answered = new Set(results.map((each) => each['tool_call_id']))
    expect(answered).toEqual(new Set(['ask', 'free', 'look']))
    expect(results).toHaveLength(3)
    expect(chat.errors).toEqual([])
  })
})

test('a prompt that steers is taken between two steps, before prepareStep of the options', async () => {
  const looking = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const prepared: string[][] = []
  const chat = await openChat([calls('look'), () => says('Both done.')], {
    tools: {
      look: tool({
        inputSchema: z.object({ at: z.string() }),
        execute: async () => {
          looking.resolve()
          await asked.promise
          return 'seen'
        },
      }),
    },
    prepareStep: ({ messages }) => {
      prepared.push(messages.map(({ role }) => role))
      return { toolChoice: 'auto' }
    },
  })
  await chat.send('Look')
  await looking.promise
  await chat.send('And there', { whenBusy: 'steer' })
  asked.resolve()
  await chat.answer()
  expect(chat.roles()[1]).toEqual(['user', 'assistant', 'tool', 'user'])
  expect(prepared).toEqual([['user'], ['user', 'assistant', 'tool', 'user']])
  const { messages } = await chat.store.window(chat.sessionId)
  expect(
    messages.map(({ parts }) => parts.findLast(({ type }) => type !== 'step-start')),
  ).toMatchObject([
    { text: 'Look' },
    { output: 'seen' },
    { text: 'And there' },
    { text: 'Both done.' },
  ])
  expect(chat.errors).toEqual([])
})

describe('a run of streamTextAgent ends', () => {
  test('when it is interrupted, and so does the request to the model', async () => {
    const gone = Promise.withResolvers<void>()
    const onAbort = vi.fn()
    const chat = await openChat(
      [
        async function* (request) {
          yield delta({ content: 'Half' })
          request.gone.addEventListener('abort', () => gone.resolve())
          await gone.promise
        },
      ],
      { onAbort },
    )
    await chat.send('Hi')
    const open = async () => (await chat.store.head(chat.sessionId)).open[0]?.parts.length
    await expect.poll(open).toBe(2)
    await chat.me.runs.interrupt({ sessionId: chat.sessionId })
    await gone.promise
    expect((await chat.answer()).metadata.finishReason).toBe('interrupted')
    await expect.poll(() => onAbort.mock.calls.length).toBe(1)
    expect(chat.errors).toEqual([])
  })

  test('as its answer does, without an abort', async () => {
    const onAbort = vi.fn()
    const onEnd = vi.fn()
    const chat = await openChat([() => says('Whole')], { onAbort, onEnd })
    await chat.send('Hi')
    await chat.answer()
    await expect.poll(() => onEnd.mock.calls.length).toBe(1)
    expect(onAbort).not.toHaveBeenCalled()
  })

  test('with an error when the model refuses, and only onError gets its words', async () => {
    const error = { error: { message: 'The key sk-1 is wrong.', type: 'x', code: 'x' } }
    const chat = await openChat([() => [error]], { maxRetries: 0 })
    const logged = vi.spyOn(console, 'error')
    await chat.send('Hi')
    const { metadata } = await chat.answer()
    expect(metadata.finishReason).toBe('error')
    expect(JSON.stringify(metadata)).not.toContain('sk-1')
    expect(JSON.stringify(chat.errors)).toContain('sk-1')
    expect(logged).not.toHaveBeenCalled()
  })

  test('with an error when the model’s stream breaks off', async () => {
    const chat = await openChat([() => [delta({ content: 'Half' })]])
    await chat.send('Hi')
    expect(await chat.answer()).toMatchObject({
      parts: [{ type: 'step-start' }, { text: 'Half' }],
      metadata: { finishReason: expect.stringMatching(/error|other/) },
    })
  })
})

test('the request to the model ends once nobody reads the parts any more', async () => {
  const gone = Promise.withResolvers<void>()
  const server = await serveModel(async function* (request) {
    yield delta({ content: 'Half' })
    request.gone.addEventListener('abort', () => gone.resolve())
    await gone.promise
  })
  const model = createOpenAICompatible({ name: 'acme', ...server }).chatModel('m')
  const { signal } = new AbortController()
  const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
  const context = { messages, signal, steer: async () => [] }
  const stream = await streamTextAgent({ model })(context as unknown as AgentContext)
  for await (const part of stream) if (part.type === 'text-delta') break
  await gone.promise
  expect(signal.aborted).toBe(false)
})

test('a run whose process was lost goes on where its text ended', async () => {
  const file = testDatabase()
  const lease = 6_000
  const never = Promise.withResolvers<void>()
  const open = async (answer: Answer) => {
    const clock = new ManualClock()
    const store = await createStore({ storage: sqlite({ path: file }), clock })
    const server = { store, lease, onLost: 'continue', closes: true } as const
    return { ...(await openChat([answer], { tools: { look: look() } }, server)), clock }
  }
  const first = await open(async function* () {
    yield delta({ content: 'Half ' })
    await never.promise
  })
  await first.send('Hi')
  const { sessionId } = first
  const text = async () => (await first.store.head(sessionId)).open[0]?.parts.length
  await expect.poll(async () => (await first.clock.advance(40), text())).toBe(2)
  await first.store.close()
  void first.chat.close()
  const next = await open(() => says('an answer.'))
  for (let step = 0; step < 8; step++) await next.clock.advance(lease / 3)
  await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
  expect(next.requests[0]?.body.messages).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Half ' },
  ])
  const { messages } = await next.store.window(sessionId)
  expect(messages.at(-1)).toMatchObject({
    parts: [
      { type: 'step-start' },
      { text: 'Half ' },
      { type: 'step-start' },
      { text: 'an answer.' },
    ],
    metadata: { finishReason: 'stop' },
  })
  never.resolve()
  await next.chat.close()
  await next.store.close()
})
