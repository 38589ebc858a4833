import {
  convertToModelMessages,
  jsonSchema,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, test } from 'vitest'

import { answerOf, yielding } from './support/answer-of.ts'
import { openTestServer, readRun, readUntil } from './support/open-test-server.ts'

const usage = (input: number, output: number) => ({
  inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: output, text: output, reasoning: 0 },
})

/** A model that thinks, calls a tool, and then answers with its result. */
function model() {
  const turns: unknown[][] = [
    [
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Let me look.' },
      { type: 'reasoning-end', id: 'r' },
      { type: 'tool-input-start', id: 't', toolName: 'weather' },
      { type: 'tool-input-delta', id: 't', delta: '{"city":"Rome"}' },
      { type: 'tool-input-end', id: 't' },
      { type: 'tool-call', toolCallId: 't', toolName: 'weather', input: '{"city":"Rome"}' },
      {
        type: 'finish',
        finishReason: { unified: 'tool-calls', raw: 'tool_use' },
        usage: usage(10, 5),
      },
    ],
    [
      { type: 'text-start', id: 'x' },
      { type: 'text-delta', id: 'x', delta: 'It is ' },
      { type: 'text-delta', id: 'x', delta: 'sunny.' },
      { type: 'text-end', id: 'x' },
      { type: 'finish', finishReason: { unified: 'stop', raw: 'end' }, usage: usage(20, 6) },
    ],
  ]
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [{ type: 'stream-start', warnings: [] }, ...(turns.shift() ?? [])] as never[],
      }),
    }),
  })
}

test("an AI SDK stream is an agent's stream as it is", async () => {
  const { client, errors } = await openTestServer({
    agent: ({ signal }) =>
      streamText({
        model: model(),
        prompt: 'How is Rome?',
        abortSignal: signal,
        stopWhen: stepCountIs(3),
        tools: {
          weather: tool({
            inputSchema: jsonSchema<{ city: string }>({ type: 'object' }),
            execute: async ({ city }) => ({ city, sky: 'clear' }),
          }),
        },
      }).stream,
  })
  const me = client()
  const { id: sessionId } = await me.sessions.create()
  const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  await me.messages.send({ sessionId, text: 'How is Rome?' })
  await readRun(stream)
  const [, answer] = (await me.history.loadMore({ sessionId })).messages
  expect(answer?.parts).toEqual([
    { type: 'step-start' },
    { type: 'reasoning', id: 'r', text: 'Let me look.', state: 'done' },
    {
      type: 'dynamic-tool',
      toolName: 'weather',
      toolCallId: 't',
      state: 'output-available',
      input: { city: 'Rome' },
      output: { city: 'Rome', sky: 'clear' },
    },
    { type: 'step-start' },
    { type: 'text', text: 'It is sunny.', state: 'done' },
  ])
  expect(answer?.metadata).toMatchObject({
    finishReason: 'stop',
    usage: { inputTokens: 30, outputTokens: 11 },
    contextUsage: { tokens: 26 },
  })
  expect(errors).toEqual([])
})

test("a provider's metadata on parts returns to it with the next request", async () => {
  const beside = (name: string) => ({ providerMetadata: { acme: { name } } })
  const requests: unknown[] = []
  const provider = new MockLanguageModelV4({
    doStream: async ({ prompt }) => {
      requests.push(JSON.parse(JSON.stringify(prompt)))
      return {
        stream: simulateReadableStream({
          chunks: [
            { type: 'stream-start', warnings: [] },
            { type: 'reasoning-start', id: 'r', ...beside('redacted') },
            { type: 'reasoning-end', id: 'r' },
            { type: 'reasoning-start', id: 's' },
            { type: 'reasoning-delta', id: 's', delta: 'Hm' },
            { type: 'reasoning-delta', id: 's', delta: '', ...beside('signature') },
            { type: 'reasoning-end', id: 's' },
            {
              type: 'reasoning-file',
              mediaType: 'image/png',
              data: { type: 'data', data: 'AA==' },
              ...beside('thought'),
            },
            { type: 'custom', kind: 'acme.compaction', ...beside('custom') },
            {
              type: 'tool-call',
              toolCallId: 'c',
              toolName: 'search',
              input: '{"q":"x"}',
              providerExecuted: true,
              dynamic: true,
              ...beside('call'),
            },
            {
              type: 'tool-result',
              toolCallId: 'c',
              toolName: 'search',
              result: { hits: 1 },
              dynamic: true,
              ...beside('result'),
            },
            { type: 'text-start', id: 't', ...beside('item') },
            { type: 'text-delta', id: 't', delta: 'Found.' },
            { type: 'text-end', id: 't', ...beside('item, whole') },
            {
              type: 'finish',
              finishReason: { unified: 'stop', raw: 'end' },
              usage: usage(20, 6),
            },
          ] as never[],
        }),
      }
    },
  })
  const { ask, errors, answer } = await answerOf(
    async ({ messages }) =>
      streamText({ model: provider, messages: await convertToModelMessages(messages) }).stream,
  )
  await ask('Go on')
  expect(errors).toEqual([])
  expect(answer.parts.map(({ type }) => type)).toEqual([
    'step-start',
    'reasoning',
    'reasoning',
    'reasoning-file',
    'custom',
    'dynamic-tool',
    'text',
  ])
  const back = (name: string) => ({ providerOptions: { acme: { name } } })
  expect(requests[1]).toMatchObject([
    { role: 'user' },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: '', ...back('redacted') },
        { type: 'reasoning', text: 'Hm', ...back('signature') },
        { type: 'reasoning-file', mediaType: 'image/png', ...back('thought') },
        { type: 'custom', kind: 'acme.compaction', ...back('custom') },
        { type: 'tool-call', toolCallId: 'c', providerExecuted: true, ...back('call') },
        { type: 'tool-result', toolCallId: 'c', output: { value: { hits: 1 } }, ...back('result') },
        { type: 'text', text: 'Found.', ...back('item, whole') },
      ],
    },
    { role: 'user' },
  ])
})

test('data of one type and id is one part, however often it changes; transient data is not stored', async () => {
  const updates = Array.from({ length: 1_200 }, (_, done) => ({
    type: 'data-progress',
    id: 'p',
    data: { done },
  }))
  const passing = { type: 'data-progress', id: 'p', data: 'passing', transient: true }
  const { answer, errors, client } = await answerOf(yielding(...updates, passing), {
    stats: () => true,
  })
  expect(answer.parts).toEqual([{ type: 'data-progress', id: 'p', data: { done: 1_199 } }])
  expect(answer.metadata.finishReason).toBe('stop')
  expect(await client().server.stats()).toMatchObject({ ignoredParts: 0 })
  expect(errors).toEqual([])
})
