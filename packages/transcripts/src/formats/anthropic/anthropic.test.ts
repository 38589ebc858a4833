import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } }
const thinking = { type: 'thinking', thinking: 'Hm', signature: 'sig' }
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Cold' }

test('thinking keeps its signature, redacted thinking its data, and calls get their results', async () => {
  const { rows, remarks } = await readAs(
    'anthropic',
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: [
        thinking,
        { type: 'redacted_thinking', data: 'xyz' },
        { type: 'text', text: 'Let me see' },
        call,
      ],
    },
    { role: 'user', content: [result] },
    { role: 'assistant', content: 'It is cold.' },
  )
  expect(remarks).toEqual([])
  expect(rows).toEqual([
    { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 'sig' } } },
        { type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: 'xyz' } } },
        { type: 'text', text: 'Let me see' },
        {
          type: 'dynamic-tool',
          toolCallId: 'toolu_1',
          toolName: 'weather',
          state: 'output-available',
          input: { city: 'Oslo' },
          output: 'Cold',
        },
        { type: 'step-start' },
        { type: 'text', text: 'It is cold.' },
      ],
    },
  ])
})

test('answers of the API keep their ids, model, usage and stop reason', async () => {
  const usage = {
    input_tokens: 3,
    cache_read_input_tokens: 10,
    cache_creation_input_tokens: 5,
    output_tokens: 2,
  }
  const message = (id: string, content: unknown[], stop_reason: string) => ({
    id,
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  })
  const { rows, remarks } = await readAs(
    'anthropic',
    message('msg_1', [call], 'tool_use'),
    {
      role: 'user',
      content: [
        { ...result, is_error: true, content: [{ type: 'text', text: 'No' }] },
        { type: 'text', text: 'Go on' },
      ],
    },
    message('msg_2', [{ type: 'text', text: 'Well' }], 'end_turn'),
  )
  expect(remarks).toEqual([])
  expect(rows).toMatchObject([
    {
      parts: [{ state: 'output-error', errorText: 'No' }],
      metadata: {
        model: 'claude',
        finishReason: 'tool-calls',
        usage: { inputTokens: 18, outputTokens: 2, cachedInputTokens: 10, cacheWriteTokens: 5 },
        foreign: { id: 'msg_1' },
      },
    },
    { role: 'user', parts: [{ text: 'Go on' }] },
    { parts: [{ text: 'Well' }], metadata: { finishReason: 'stop' } },
  ])
})

test('a request keeps its system prompt, and provider tools have their results in the message', async () => {
  const search = { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'q' } }
  const found = {
    type: 'web_search_tool_result',
    tool_use_id: 'srv_1',
    content: [{ type: 'web_search_result', url: 'https://a.b' }],
  }
  const cited = { type: 'text', text: 'So', citations: [{ url: 'https://a.b' }] }
  const { rows } = await readAs('anthropic', {
    system: [{ type: 'text', text: 'Be kind' }],
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [search, found, cited] },
    ],
  })
  expect(rows.map(({ role }) => role)).toEqual(['system', 'user', 'assistant'])
  expect(rows[2]?.parts).toMatchObject([
    { toolCallId: 'srv_1', providerExecuted: true, output: [{ url: 'https://a.b' }] },
    { text: 'So', providerMetadata: { anthropic: { citations: [{ url: 'https://a.b' }] } } },
  ])
})

test('pictures and documents from every source are files, and others are kept as they are', async () => {
  const { rows, remarks } = await readAs('anthropic', {
    role: 'user',
    content: [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
      { type: 'image', source: { type: 'url', url: 'https://a.b/c.png' } },
      {
        type: 'document',
        title: 'a.txt',
        source: { type: 'text', media_type: 'text/plain', data: 'hi' },
      },
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
      { type: 'search_result', source: 'https://a.b' },
    ],
  })
  expect(rows[0]?.parts).toMatchObject([
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
    { type: 'file', mediaType: 'image/*', url: 'https://a.b/c.png' },
    { type: 'file', filename: 'a.txt', url: 'data:text/plain;base64,aGk=' },
    { type: 'data-anthropic-part', data: { source: { file_id: 'file_1' } } },
    { type: 'data-anthropic-part' },
  ])
  expect(remarks).toHaveLength(2)
})

test.each([
  [
    { role: 'user', content: [result] },
    'lost: the result of a tool (toolu_1) has no earlier call and is dropped',
  ],
  [{ role: 'tool', content: [call] }, 'refused: role is "tool"'],
  [
    { role: 'assistant', content: [{ type: 'thinking' }] },
    'refused: content.0.thinking is missing',
  ],
  [{ role: 'assistant', content: [{ ...call, name: 5 }] }, 'refused: content.0.name is 5'],
  [{ role: 'assistant', content: [call, 5] }, 'refused: content.1 is 5'],
])('an invalid message is reported: %j', async (message, expected) => {
  const { remarks } = await readAs('anthropic', message)
  expect(remarks[0]?.replace('[0]: ', '')).toContain(expected)
})
