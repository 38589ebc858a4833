import { expect, test } from 'vitest'

import { readAs } from '../../tests/support/read-as.ts'

const human = {
  content: 'Hi',
  additional_kwargs: {},
  response_metadata: {},
  type: 'human',
  name: null,
  id: null,
  example: false,
}
const calling = {
  content: [
    { type: 'text', text: 'Let me see' },
    { type: 'tool_use', id: 'c1', name: 'weather', input: {} },
  ],
  type: 'ai',
  id: 'run-1',
  additional_kwargs: {},
  tool_calls: [{ name: 'weather', args: { city: 'Oslo' }, id: 'c1', type: 'tool_call' }],
  invalid_tool_calls: [],
  response_metadata: { model_name: 'm', finish_reason: 'tool_calls' },
  usage_metadata: {
    input_tokens: 3,
    output_tokens: 2,
    total_tokens: 5,
    input_token_details: { cache_read: 1 },
  },
}
const tool = {
  content: '{"degrees":3}',
  type: 'tool',
  tool_call_id: 'c1',
  name: 'weather',
  status: 'success',
}
const final = {
  content: 'Cold',
  type: 'ai',
  id: 'run-2',
  tool_calls: [],
  response_metadata: { stop_reason: 'end_turn' },
}

const forms = {
  'plain members': (message: { type: string }) => message,
  'type and data': ({ type, ...data }: { type: string }) => ({ type, data: { ...data, type } }),
  constructors: ({ type, ...kwargs }: { type: string }) => {
    const name = { human: 'HumanMessage', ai: 'AIMessageChunk', tool: 'ToolMessage' }[type]
    return { lc: 1, type: 'constructor', id: ['langchain', 'schema', 'messages', name], kwargs }
  },
}

test.each(Object.entries(forms))(
  'a conversation in the form of %s is read completely',
  async (_, form) => {
    const { rows, remarks } = await readAs('langchain', ...[human, calling, tool, final].map(form))
    expect(remarks).toEqual([])
    expect(rows).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
      {
        id: 'run-1',
        role: 'assistant',
        metadata: {
          model: 'm',
          finishReason: 'stop',
          usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedInputTokens: 1 },
        },
        parts: [
          { type: 'text', text: 'Let me see' },
          {
            type: 'dynamic-tool',
            toolCallId: 'c1',
            toolName: 'weather',
            state: 'output-available',
            input: { city: 'Oslo' },
            output: { degrees: 3 },
          },
          { type: 'step-start' },
          { type: 'text', text: 'Cold' },
        ],
      },
    ])
  },
)

test('calls in additional_kwargs, provider blocks and failures are read', async () => {
  const raw = [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"a":1}' } }]
  const { rows, remarks } = await readAs(
    'langchain',
    {
      type: 'human',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image_url', image_url: { url: 'https://a.b/c.png' } },
      ],
    },
    {
      type: 'ai',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'reasoning', reasoning: 'So' },
        { type: 'later' },
      ],
      additional_kwargs: { tool_calls: raw, reasoning_content: 'First' },
    },
    { ...tool, status: 'error', content: 'No', artifact: { a: 1 } },
    { type: 'chat', data: { role: 'user', content: 'Bye' } },
  )
  expect(rows[0]?.parts).toMatchObject([
    { text: 'Look' },
    { type: 'file', url: 'https://a.b/c.png' },
  ])
  expect(rows[1]?.parts).toMatchObject([
    { type: 'reasoning', text: 'First' },
    { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 's' } } },
    { type: 'reasoning', text: 'So' },
    { type: 'data-langchain-part' },
    { toolCallId: 'c1', input: { a: 1 }, state: 'output-error', errorText: 'No' },
  ])
  expect(rows[2]).toMatchObject({ role: 'user' })
  expect(remarks).toContain('lost: the artifact of a tool result is dropped')
})

test('a result without its call and a message of unknown type are refused', async () => {
  const { remarks } = await readAs('langchain', human, tool, {
    lc: 1,
    type: 'constructor',
    id: ['x', 'RemoveMessage'],
    kwargs: { content: '' },
  })
  expect(remarks).toEqual([
    expect.stringContaining('There is no earlier open tool call'),
    expect.stringContaining('type is "RemoveMessage"'),
  ])
})
