import { expect, test } from 'vitest'

import { readAs } from '../../tests/support/read-as.ts'

const root = '00000000-0000-0000-0000-000000000000'
const time = '2024-05-01T16:35:11.530Z'

function message(
  messageId: string,
  parentMessageId: string,
  isCreatedByUser: boolean,
  rest: object = {},
) {
  return {
    messageId,
    parentMessageId,
    conversationId: 'c',
    sender: isCreatedByUser ? 'User' : 'GPT-4',
    text: messageId,
    isCreatedByUser,
    createdAt: time,
    error: false,
    unfinished: false,
    ...rest,
  }
}

const conversation = (messages: unknown[], rest: object = {}) => ({
  conversationId: 'c',
  endpoint: 'openAI',
  title: 'Venv',
  exportAt: '13:18',
  branches: true,
  options: {},
  messages,
  ...rest,
})

test('the newest branch is read from flat and recursive exports', async () => {
  const flat = [
    message('u1', root, true),
    message('a1', 'u1', false),
    message('a2', 'u1', false, { model: 'gpt-4', finish_reason: 'stop' }),
    message('u2', 'a2', true),
  ]
  const [u1, a1, a2, u2] = flat
  const tree = [
    {
      ...u1,
      children: [
        { ...a1, children: [] },
        { ...a2, children: [{ ...u2, children: [] }] },
      ],
    },
  ]
  for (const value of [
    conversation(flat),
    conversation(tree, { recursive: true }),
    { ...conversation([]), messages: undefined, messagesTree: tree },
  ]) {
    const { rows, remarks, title } = await readAs('librechat', value)
    expect(title).toBe('Venv')
    expect(remarks).toEqual(['note: messages on other branches are left out'])
    expect(rows).toEqual([
      {
        id: 'u1',
        role: 'user',
        createdAt: Date.parse(time),
        parts: [{ type: 'text', text: 'u1' }],
      },
      {
        id: 'a2',
        role: 'assistant',
        createdAt: Date.parse(time),
        metadata: { model: 'gpt-4', finishReason: 'stop', foreign: { sender: 'GPT-4' } },
        parts: [{ type: 'text', text: 'a2' }],
      },
      {
        id: 'u2',
        role: 'user',
        createdAt: Date.parse(time),
        parts: [{ type: 'text', text: 'u2' }],
      },
    ])
  }
})

test('thinking, calls and their outputs come from the content', async () => {
  const content = [
    { type: 'think', think: 'Hm' },
    {
      type: 'tool_call',
      tool_call: {
        id: 'c1',
        name: 'weather',
        args: '{"city":"Oslo"}',
        output: 'Cold',
        progress: 1,
        type: 'tool_call',
      },
    },
    {
      type: 'tool_call',
      tool_call: { type: 'function', function: { name: 'run', arguments: '', output: '2' } },
    },
    { type: 'tool_call', tool_call: { id: 'c3', name: 'later', args: {} } },
    { type: 'text', text: { value: 'It is cold.' } },
    { type: 'image_file', image_file: { file_id: 'f' } },
  ]
  const { rows, remarks } = await readAs(
    'librechat',
    conversation([message('a1', root, false, { content, unfinished: true })]),
  )
  expect(rows[0]).toMatchObject({
    metadata: { finishReason: 'interrupted' },
    parts: [
      { type: 'reasoning', text: 'Hm' },
      { toolCallId: 'c1', input: { city: 'Oslo' }, output: 'Cold' },
      { toolCallId: 'call-1', toolName: 'run', input: {}, output: 2 },
      { toolCallId: 'c3', state: 'input-available' },
      { type: 'text', text: 'It is cold.' },
      { type: 'data-librechat-part' },
    ],
  })
  expect(remarks).toHaveLength(1)
})

test('only the invalid message is refused', async () => {
  const bad = message('a1', 'u1', false, { text: undefined, content: undefined })
  const { rows, remarks } = await readAs('librechat', message('u1', root, true), bad)
  expect(rows).toHaveLength(1)
  expect(remarks).toEqual([expect.stringContaining('text is missing')])
})
