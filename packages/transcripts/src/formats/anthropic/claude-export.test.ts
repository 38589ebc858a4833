import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const time = '2025-05-01T12:00:00.000000Z'

function message(uuid: string, sender: string, content: unknown[], rest: object = {}) {
  return {
    uuid,
    text: '',
    sender,
    content,
    created_at: time,
    updated_at: time,
    attachments: [],
    files: [],
    ...rest,
  }
}

function conversation(chat_messages: unknown[], rest: object = {}) {
  return {
    uuid: 'c1',
    name: 'A poem',
    created_at: time,
    updated_at: time,
    account: { uuid: 'u' },
    chat_messages,
    ...rest,
  }
}

const text = (said: string) => ({
  type: 'text',
  text: said,
  start_timestamp: time,
  stop_timestamp: time,
  citations: [],
})

test('thinking, calls and their results are read, with ids and without', async () => {
  const { rows, remarks, title, createdAt } = await readAs(
    'claude',
    conversation([
      message('m1', 'human', [text('Write')]),
      message('m2', 'assistant', [
        { type: 'thinking', thinking: 'Hm', start_timestamp: time },
        { type: 'tool_use', id: 't1', name: 'search', input: { q: 'a' } },
        {
          type: 'tool_result',
          tool_use_id: 't1',
          name: 'search',
          content: [{ type: 'text', text: 'found' }],
          is_error: false,
        },
        { type: 'tool_use', id: null, name: 'artifacts', input: { command: 'create' } },
        {
          type: 'tool_result',
          name: 'artifacts',
          content: [{ type: 'text', text: 'OK' }],
          is_error: false,
        },
        text('Done'),
      ]),
    ]),
  )
  expect(remarks).toEqual([])
  expect({ title, createdAt }).toEqual({ title: 'A poem', createdAt: Date.parse(time) })
  expect(rows).toMatchObject([
    {
      id: 'm1',
      role: 'user',
      createdAt: Date.parse(time),
      parts: [{ type: 'text', text: 'Write' }],
    },
    {
      id: 'm2',
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm' },
        { toolCallId: 't1', output: 'found' },
        { toolCallId: 'call-1', toolName: 'artifacts', output: 'OK' },
        { type: 'text', text: 'Done' },
      ],
    },
  ])
})

test('attachments with text are files, and the old text is read when content is missing', async () => {
  const attachments = [
    { file_name: 'a.txt', file_type: 'txt', file_size: 2, extracted_content: 'hi' },
  ]
  const { rows, remarks } = await readAs(
    'claude',
    conversation([
      message('m1', 'human', [], { text: 'Read', attachments, files: [{ file_name: 'b.png' }] }),
    ]),
  )
  expect(rows[0]?.parts).toEqual([
    { type: 'text', text: 'Read' },
    {
      type: 'file',
      mediaType: 'text/plain',
      filename: 'a.txt',
      url: 'data:text/plain;base64,aGk=',
    },
    { type: 'data-claude-part', data: { file_name: 'b.png' } },
  ])
  expect(remarks).toHaveLength(1)
})

test('the shown branch ends at the named leaf, or at the last message', async () => {
  const root = '00000000-0000-4000-8000-000000000000'
  const tree = [
    message('m1', 'human', [text('a')], { parent_message_uuid: root }),
    message('m2', 'assistant', [text('b')], { parent_message_uuid: 'm1' }),
    message('m3', 'assistant', [text('c')], { parent_message_uuid: 'm1' }),
  ]
  const ids = async (rest: object) =>
    (await readAs('claude', conversation(tree, rest))).rows.map(({ id }) => id)
  expect(await ids({})).toEqual(['m1', 'm3'])
  expect(await ids({ current_leaf_message_uuid: 'm2' })).toEqual(['m1', 'm2'])
})

test('a message of an unknown sender is refused', async () => {
  const { remarks } = await readAs(
    'claude',
    conversation([message('m1', 'wizard', [text('a')]), message('m2', 'human', [text('b')])]),
  )
  expect(remarks).toEqual([expect.stringContaining('messages.0: sender is "wizard"')])
})
