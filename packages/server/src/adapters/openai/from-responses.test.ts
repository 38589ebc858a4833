import type { AgentPart } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { responseEvents, streamOf } from '../../../tests/support/models/openai-events.ts'
import type { IgnoredAgentPart } from '@caughtup/schema'
import { fromResponses } from './from-responses.ts'

async function partsOf(events: Iterable<object>): Promise<(AgentPart | IgnoredAgentPart)[]> {
  const parts = []
  for await (const part of fromResponses(streamOf(events))) parts.push(part)
  return parts
}

const created = { type: 'response.created', response: {} }
const completed = (more: object = {}) => ({ type: 'response.completed', response: more })
const done = (item: object) => ({ type: 'response.output_item.done', item })
const text = (delta: string, more: object = {}) => ({
  type: 'response.output_text.delta',
  item_id: 'm',
  content_index: 0,
  delta,
  ...more,
})

describe('fromResponses', () => {
  test('streams reasoning, text with its source, and parallel calls, and reports usage', async () => {
    const openai = (itemId: string, more = {}) => ({
      providerMetadata: { openai: { itemId, ...more } },
    })
    const call = (name: string) => ({ toolCallId: name, toolName: name, input: { at: 1 } })
    expect(await partsOf(responseEvents)).toEqual([
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'rs_1:0', ...openai('rs_1') },
      { type: 'reasoning-delta', id: 'rs_1:0', text: 'First ' },
      { type: 'reasoning-delta', id: 'rs_1:0', text: 'this.' },
      { type: 'reasoning-end', id: 'rs_1:0' },
      { type: 'reasoning-start', id: 'rs_1:1', ...openai('rs_1') },
      { type: 'reasoning-delta', id: 'rs_1:1', text: 'Then that.' },
      {
        type: 'reasoning-end',
        id: 'rs_1:1',
        ...openai('rs_1', { reasoningEncryptedContent: 'secret' }),
      },
      { type: 'text-start', id: 'msg_1:0', ...openai('msg_1') },
      { type: 'text-delta', id: 'msg_1:0', text: 'Grüße, ' },
      { type: 'text-delta', id: 'msg_1:0', text: '世界 👋' },
      {
        type: 'source',
        sourceType: 'url',
        id: 'https://x.example/a',
        url: 'https://x.example/a',
        title: 'A',
      },
      { type: 'text-end', id: 'msg_1:0' },
      { type: 'tool-input-start', id: 'a', toolName: 'a' },
      { type: 'tool-input-start', id: 'b', toolName: 'b' },
      { type: 'tool-input-delta', id: 'a', delta: '{"at"' },
      { type: 'tool-input-delta', id: 'b', delta: '{"at"' },
      { type: 'tool-input-delta', id: 'a', delta: ':1}' },
      { type: 'tool-input-delta', id: 'b', delta: ':1}' },
      { type: 'tool-input-end', id: 'a' },
      { type: 'tool-call', ...call('a'), ...openai('fc_a') },
      { type: 'tool-input-end', id: 'b' },
      { type: 'tool-call', ...call('b'), ...openai('fc_b') },
      {
        type: 'finish-step',
        finishReason: 'tool-calls',
        usage: {
          inputTokens: 50,
          outputTokens: 9,
          totalTokens: 59,
          cachedInputTokens: 20,
          reasoningTokens: 4,
        },
      },
      { type: 'finish', finishReason: 'tool-calls' },
    ])
  })

  test('keeps encrypted reasoning without a summary', async () => {
    const item = { id: 'rs', type: 'reasoning', summary: [], encrypted_content: 'secret' }
    expect((await partsOf([created, done(item), completed()])).slice(1, 3)).toMatchObject([
      { type: 'reasoning-start' },
      {
        type: 'reasoning-end',
        providerMetadata: { openai: { reasoningEncryptedContent: 'secret' } },
      },
    ])
    const bare = { id: 'rs', type: 'reasoning', summary: [] }
    expect(await partsOf([created, done(bare), completed()])).toHaveLength(3)
  })

  test('gives a custom tool its text, and what OpenAI’s own tools did as done', async () => {
    const custom = { id: 'ct', type: 'custom_tool_call', call_id: 'c', name: 'sql' }
    const search = {
      id: 'ws',
      type: 'web_search_call',
      action: { query: 'q' },
      status: 'completed',
    }
    const image = { id: 'ig', type: 'image_generation_call', result: 'AA==', output_format: 'webp' }
    const parts = await partsOf([
      created,
      done(search),
      done(image),
      { type: 'response.output_item.added', item: custom },
      { type: 'response.custom_tool_call_input.delta', item_id: 'ct', delta: 'select {' },
      done({ ...custom, input: 'select {' }),
      completed(),
    ])
    expect(parts).toMatchObject([
      { type: 'start-step' },
      {
        type: 'tool-call',
        toolCallId: 'ws',
        toolName: 'web_search',
        input: { query: 'q' },
        providerExecuted: true,
      },
      { type: 'tool-result', toolCallId: 'ws', providerExecuted: true },
      { type: 'file', file: { mediaType: 'image/webp', base64: 'AA==' } },
      { type: 'tool-input-start', id: 'c', toolName: 'sql', inputEncoding: 'text' },
      { type: 'tool-input-delta', id: 'c', delta: 'select {' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'tool-call', toolCallId: 'c', input: 'select {' },
      { type: 'finish-step', finishReason: 'tool-calls' },
      { type: 'finish', finishReason: 'tool-calls' },
    ])
  })

  test.each<[string, object[], string]>([
    ['a response that is complete', [text('a'), completed()], 'stop'],
    [
      'one that is too long',
      [
        text('a'),
        {
          type: 'response.incomplete',
          response: { incomplete_details: { reason: 'max_output_tokens' } },
        },
      ],
      'length',
    ],
    [
      'one that a filter stopped',
      [
        {
          type: 'response.incomplete',
          response: { incomplete_details: { reason: 'content_filter' } },
        },
      ],
      'content-filter',
    ],
    [
      'one that is incomplete for another reason',
      [{ type: 'response.incomplete', response: { incomplete_details: { reason: 'new' } } }],
      'other',
    ],
    ['a refusal', [text('No.', { type: 'response.refusal.delta' }), completed()], 'content-filter'],
  ])('%s has its reason', async (_, events, reason) => {
    const parts = await partsOf([created, ...events])
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: reason })
  })

  test.each<[string, object[], object]>([
    ['that stops before its end', [text('a')], { code: 'cut-off' }],
    ['that is empty', [], { code: 'cut-off' }],
    [
      'that fails',
      [
        {
          type: 'response.failed',
          response: { error: { code: 'rate_limit_exceeded', message: 'Too many.' } },
        },
      ],
      { code: 'failed', providerCode: 'rate_limit_exceeded', message: 'Too many.' },
    ],
    [
      'with an error',
      [{ type: 'error', code: 'server_error', message: 'Broken.', param: null }],
      { code: 'failed', providerCode: 'server_error', message: 'Broken.' },
    ],
    ['with an event without a type', [{}], { code: 'malformed' }],
    ['with a number for a text', [text(1 as never)], { code: 'malformed' }],
    ['whose end is nothing', [{ type: 'response.completed' }], { code: 'malformed' }],
  ])('a stream %s is an error', async (_, events, error) => {
    await expect(partsOf([created, ...events])).rejects.toMatchObject({
      name: 'ProviderError',
      ...error,
    })
  })

  test('ignores events that it does not know', async () => {
    const parts = await partsOf([created, { type: 'response.new_thing', x: 1 }, completed()])
    expect(parts).toHaveLength(3)
  })
})
