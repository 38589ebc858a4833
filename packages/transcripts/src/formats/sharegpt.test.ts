import { expect, test } from 'vitest'

import { readAs } from '../../tests/support/read-as.ts'

test('turns, calls and observations are read', async () => {
  const { rows, remarks } = await readAs('sharegpt', {
    id: 'x_0',
    system: 'Be kind',
    conversations: [
      { from: 'human', value: 'Hi' },
      { from: 'function_call', value: '{"name":"weather","arguments":{"city":"Oslo"}}' },
      { from: 'observation', value: '{"degrees":3}' },
      { from: 'gpt', value: 'Cold', weight: 1 },
    ],
  })
  expect(remarks).toEqual([])
  expect(rows).toEqual([
    { role: 'system', parts: [{ type: 'text', text: 'Be kind' }] },
    { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    {
      role: 'assistant',
      metadata: { foreign: { weight: 1 } },
      parts: [
        {
          type: 'dynamic-tool',
          toolCallId: 'call-1',
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
})

test.each([
  [
    {
      items: [
        { from: 'human', value: 'Hi' },
        { from: 'bing', value: 'Hello' },
      ],
    },
    ['user', 'assistant'],
  ],
  [
    {
      conversations: [
        { from: 'system', value: 'S' },
        { from: 'user', value: 'Hi' },
        { from: 'ASSISTANT', value: 'Hello' },
      ],
    },
    ['system', 'user', 'assistant'],
  ],
  [
    {
      conversations: [
        { from: 'gpt', value: '<tool_call>{}</tool_call>' },
        { from: 'tool', value: '<tool_response>1</tool_response>' },
      ],
    },
    ['assistant'],
  ],
])('the variant %j is read', async (value, roles) => {
  const { rows, remarks } = await readAs('sharegpt', value)
  expect(remarks).toEqual([])
  expect(rows.map(({ role }) => role)).toEqual(roles)
})

test('bare messages are read, an unknown speaker is refused, and omissions are reported', async () => {
  expect(
    (await readAs('sharegpt', { from: 'human', value: 'Hi' }, { from: 'gpt', value: 'Hello' }))
      .rows,
  ).toHaveLength(2)
  const { remarks } = await readAs('sharegpt', {
    tools: '[{}]',
    conversations: [
      { from: 'wizard', value: 'Hi' },
      { from: 'gpt', value: 5 },
      { from: 'gpt', value: 'Hello' },
    ],
  })
  expect(remarks).toEqual([
    'lost: in the conversation, tools is dropped',
    expect.stringContaining('messages.0: from is "wizard"'),
    expect.stringContaining('messages.1: value is 5'),
  ])
})
