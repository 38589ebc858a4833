import type { AgentPart, IgnoredAgentPart } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { callOf, delta, end } from '../../../tests/support/models/model-server.ts'
import { streamOf } from '../../../tests/support/models/openai-events.ts'
import { fromChatCompletions } from './from-chat-completions.ts'

async function partsOf(chunks: Iterable<unknown>): Promise<(AgentPart | IgnoredAgentPart)[]> {
  const parts = []
  const events = [...chunks].filter((chunk) => chunk !== '[DONE]') as object[]
  for await (const part of fromChatCompletions(streamOf(events))) parts.push(part)
  return parts
}

const calls = (...of: object[]) => delta({ tool_calls: of })
const named = (id: string, more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: '' },
  ...more,
})
const inputs = (parts: (AgentPart | IgnoredAgentPart)[]) =>
  parts.flatMap((part) => (part.type === 'tool-call' ? [[part.toolCallId, part.input]] : []))

describe('fromChatCompletions', () => {
  test('streams reasoning, text and parallel calls, and reports usage', async () => {
    const parts = await partsOf([
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning_content: 'Hm, ', content: null }),
      delta({ reasoning: 'well.' }),
      delta({ content: 'Let me ' }),
      delta({ content: 'look.' }),
      calls({ index: 0, ...named('a') }, { index: 1, ...named('b') }),
      calls({ index: 1, function: { arguments: '{"at"' } }),
      calls({ index: 0, function: { arguments: '{}' } }),
      calls({ index: 1, function: { arguments: ':1}' } }),
      ...end('tool_calls'),
    ])
    expect(parts).toEqual([
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'reasoning-0' },
      { type: 'reasoning-delta', id: 'reasoning-0', text: 'Hm, ' },
      { type: 'reasoning-delta', id: 'reasoning-0', text: 'well.' },
      { type: 'reasoning-end', id: 'reasoning-0' },
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', text: 'Let me ' },
      { type: 'text-delta', id: 'text-1', text: 'look.' },
      { type: 'text-end', id: 'text-1' },
      { type: 'tool-input-start', id: 'a', toolName: 'look' },
      { type: 'tool-input-start', id: 'b', toolName: 'look' },
      { type: 'tool-input-delta', id: 'b', delta: '{"at"' },
      { type: 'tool-input-delta', id: 'a', delta: '{}' },
      { type: 'tool-input-delta', id: 'b', delta: ':1}' },
      { type: 'tool-input-end', id: 'a' },
      { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: {} },
      { type: 'tool-input-end', id: 'b' },
      { type: 'tool-call', toolCallId: 'b', toolName: 'look', input: { at: 1 } },
      {
        type: 'finish-step',
        finishReason: 'tool-calls',
        usage: {
          inputTokens: 100,
          outputTokens: 10,
          totalTokens: 110,
          cachedInputTokens: 40,
          reasoningTokens: 3,
        },
      },
      { type: 'finish', finishReason: 'tool-calls' },
    ])
  })

  test.each<[string, object[], unknown[]]>([
    [
      'without an index',
      [calls(named('a')), calls({ function: { arguments: '{"n":1}' } }), calls(named('b'))],
      [
        ['a', { n: 1 }],
        ['b', {}],
      ],
    ],
    [
      'all of one index',
      [callOf('a', 'look', { n: 1 }, 0), callOf('b', 'look', { n: 2 }, 0)],
      [
        ['a', { n: 1 }],
        ['b', { n: 2 }],
      ],
    ],
    [
      'whose chunks repeat their name',
      [
        calls({ index: 0, ...named('a', { function: { name: 'look', arguments: '{"n"' } }) }),
        calls({ index: 0, ...named('a', { function: { name: 'look', arguments: ':1}' } }) }),
      ],
      [['a', { n: 1 }]],
    ],
    ['without arguments', [calls({ index: 0, ...named('a') })], [['a', {}]]],
    [
      'without an id',
      [calls({ index: 0, function: { name: 'look', arguments: '{}' } })],
      [[expect.stringMatching(/./), {}]],
    ],
  ])('takes calls %s', async (_, chunks, expected) => {
    const parts = await partsOf([...chunks, ...end('stop')])
    expect(inputs(parts)).toEqual(expected)
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'tool-calls' })
  })

  test('a call whose arguments are not JSON has failed, and waits for nobody', async () => {
    const cut = { function: { name: 'look', arguments: '{"at":' } }
    const parts = await partsOf([calls({ index: 0, ...named('a', cut) }), ...end('length')])
    expect(parts.find(({ type }) => type === 'tool-error')).toMatchObject({
      toolCallId: 'a',
      error: { code: 'BAD_INPUT' },
    })
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
  })

  test('keeps sources once, images, and what a provider attached to a call', async () => {
    const cited = { type: 'url_citation', url_citation: { url: 'https://x.example', title: 'X' } }
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
    const signed = named('a', { index: 0, extra_content: { google: { thought_signature: 's' } } })
    const parts = await partsOf([
      delta({ content: 'See', annotations: [cited, cited] }),
      delta({ images: [image, { image_url: { url: 'https://x.example/a.png' } }] }),
      calls(signed),
      ...end('tool_calls'),
    ])
    expect(parts.filter(({ type }) => /^(source|file|tool-call)$/.test(type))).toEqual([
      {
        type: 'source',
        sourceType: 'url',
        id: 'https://x.example',
        url: 'https://x.example',
        title: 'X',
      },
      { type: 'file', file: { mediaType: 'image/png', base64: 'AA==' } },
      {
        type: 'tool-call',
        toolCallId: 'a',
        toolName: 'look',
        input: {},
        providerMetadata: { openai: { extraContent: { google: { thought_signature: 's' } } } },
      },
    ])
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'tool-calls'],
    ['eos', 'eos'],
  ])('ends for %s with %s', async (said, finishReason) => {
    const parts = await partsOf([delta({ content: 'a' }), ...end(said)])
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason })
  })

  test('a refusal is text, and its reason is the filter', async () => {
    const parts = await partsOf([delta({ refusal: 'No.' }), ...end('stop')])
    expect(parts).toContainEqual({ type: 'text-delta', id: 'text-0', text: 'No.' })
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'content-filter' })
  })

  test('takes the first of several choices', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'b' }, finish_reason: 'length' }] }
    const parts = await partsOf([delta({ content: 'a' }), other, ...end('stop')])
    expect(parts.filter(({ type }) => type === 'text-delta')).toHaveLength(1)
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  })

  test.each<[string, unknown[], object]>([
    ['that stops before its end', [delta({ content: 'a' })], { code: 'cut-off' }],
    ['that is empty', [], { code: 'cut-off' }],
    [
      'with an error',
      [delta({ content: 'a' }), { error: { message: 'Full.', code: 429, type: 'rate_limit' } }],
      { code: 'failed', providerCode: 'rate_limit', message: 'Full.' },
    ],
    ['that ends with an error', [delta({ content: 'a' }), ...end('error')], { code: 'failed' }],
    ['with a call without a name', [calls({ index: 0, id: 'a' })], { code: 'malformed' }],
    [
      'with a list for an object',
      [{ choices: [{ delta: [] }] }],
      { code: 'malformed', message: expect.stringContaining('event.choices.0.delta') },
    ],
    ['with choices that are no list', [{ choices: {} }], { code: 'malformed' }],
  ])('a stream %s is an error', async (_, chunks, error) => {
    await expect(partsOf(chunks)).rejects.toMatchObject({ name: 'ProviderError', ...error })
  })
})
