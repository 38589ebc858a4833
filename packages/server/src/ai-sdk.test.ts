import { jsonSchema, simulateReadableStream, stepCountIs, streamText, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, test } from 'vitest'

import { openTestServer, readRun, readUntil } from './testing/open-test-server.ts'

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
    { type: 'reasoning', text: 'Let me look.', state: 'done' },
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
