import { simulateReadableStream, streamText } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { describe, expect, test } from 'vitest'

import { answerOf, yielding } from '../../tests/support/answer-of.ts'

const text = { type: 'text-delta', text: 'Hello' }
const finish = (finishReason?: unknown) => ({ type: 'finish', finishReason })

/** A provider's stream that consists of these chunks. */
function provider(...chunks: unknown[]): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [{ type: 'stream-start', warnings: [] }, ...chunks] as never[],
      }),
    }),
  })
}

const words = [
  { type: 'text-start', id: 'a' },
  { type: 'text-delta', id: 'a', delta: 'Half' },
]

describe('the stream decides how an answer ends', () => {
  test.each<[string, string, unknown[]]>([
    ['a plain stream without a finish', 'stop', [text]],
    ['a finish without a reason', 'stop', [text, { type: 'finish' }]],
    ['a finish whose reason is no text', 'stop', [text, finish(null)]],
    ['stop', 'stop', [text, finish('stop')]],
    ['length', 'length', [text, finish('length')]],
    ['tool-calls', 'tool-calls', [text, finish('tool-calls')]],
    ['content-filter', 'content-filter', [text, finish('content-filter')]],
    ['other', 'other', [text, finish('other')]],
    ["a provider's own reason", 'other', [text, finish('model_paused')]],
    ['the name of a member that all objects have', 'other', [text, finish('constructor')]],
    ['a provider that was cut off', 'other', [text, finish('interrupted')]],
    ['a reason that only a server can give', 'other', [text, finish('lost')]],
    ['error', 'error', [text, finish('error')]],
    ['an abort', 'interrupted', [{ type: 'start' }, text, { type: 'abort', reason: 'timeout' }]],
    ['a stream that began with start and stops', 'other', [{ type: 'start' }, text]],
    ['a stream that stops within a step', 'other', [{ type: 'start-step' }, text]],
  ])('%s: %s', async (_, finishReason, parts) => {
    const { answer, errors } = await answerOf(yielding(...parts))
    expect(answer.metadata.finishReason).toBe(finishReason)
    expect(errors).toEqual([])
  })

  test("a provider's stream that just stops is not a normal end", async () => {
    const { answer } = await answerOf(
      ({ signal }) =>
        streamText({ model: provider(...words), prompt: 'Hi', abortSignal: signal }).stream,
    )
    expect(answer).toMatchObject({
      parts: [{ type: 'step-start' }, { text: 'Half' }],
      metadata: { finishReason: 'other' },
    })
  })

  test('an AI SDK stream that its own signal aborts is interrupted, with a notice', async () => {
    const own = new AbortController()
    const { answer } = await answerOf(async function* () {
      const { stream } = streamText({
        model: provider(...words, { type: 'text-delta', id: 'a', delta: ' more' }),
        prompt: 'Hi',
        abortSignal: own.signal,
      })
      for await (const part of stream) {
        if (part.type === 'text-delta') own.abort()
        yield part
      }
    })
    expect(answer.metadata.finishReason).toBe('interrupted')
    expect(answer.parts.at(-1)).toMatchObject({
      type: 'data-notice',
      data: { kind: 'interrupted' },
    })
  })
})

describe('odd token counts', () => {
  const odd = [null, Number.NaN, -1, 1.5, Infinity, 1e300, '7', {}, [], true]

  test.each(odd)('%s count as unknown, and the run continues', async (tokens) => {
    const usage = {
      inputTokens: tokens,
      outputTokens: 3,
      totalTokens: tokens,
      inputTokenDetails: { cacheReadTokens: tokens, cacheWriteTokens: tokens },
      outputTokenDetails: { reasoningTokens: tokens },
    }
    const { answer, errors } = await answerOf(
      yielding(
        { type: 'start-step' },
        text,
        { type: 'finish-step', finishReason: 'stop', usage },
        { ...finish('stop'), totalUsage: usage, contextLimit: tokens },
      ),
    )
    expect(answer.metadata).toMatchObject({ finishReason: 'stop', usage: { outputTokens: 3 } })
    expect(answer.metadata.usage).toEqual({ outputTokens: 3 })
    expect(errors).toEqual([])
  })

  test.each(odd)('a usage that is %s counts as unknown', async (usage) => {
    const step = { type: 'finish-step', usage }
    const details = { outputTokens: 3, inputTokenDetails: usage, outputTokenDetails: usage }
    const { answer, errors } = await answerOf(
      yielding(text, step, { ...step, usage: details }, { ...finish('stop'), totalUsage: usage }),
    )
    expect(answer.metadata.finishReason).toBe('stop')
    expect(errors).toEqual([])
  })

  test('sums stop at the largest safe integer', async () => {
    const most = Number.MAX_SAFE_INTEGER
    const step = { type: 'finish-step', usage: { inputTokens: most, outputTokens: most } }
    const { answer, errors, ask } = await answerOf(yielding(text, step, step))
    await ask('Again')
    expect(answer.metadata).toMatchObject({
      finishReason: 'stop',
      usage: { inputTokens: most, outputTokens: most },
      contextUsage: { tokens: most },
    })
    expect(errors).toEqual([])
  })
})

test('tokens written to the cache are stored and added up', async () => {
  const usage = {
    inputTokens: 100,
    outputTokens: 2,
    inputTokenDetails: { cacheReadTokens: 60, cacheWriteTokens: 30 },
  }
  const { answer, client, sessionId, ask } = await answerOf(
    yielding(text, { type: 'finish-step', usage }, { ...finish('stop'), totalUsage: usage }),
  )
  expect(answer.metadata.usage).toEqual({
    inputTokens: 100,
    outputTokens: 2,
    cachedInputTokens: 60,
    cacheWriteTokens: 30,
  })
  await ask('Again')
  expect(await client().usage.get({ sessionId })).toMatchObject({
    totals: { cacheWriteTokens: 60, cachedInputTokens: 120 },
  })
})
