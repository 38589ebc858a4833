import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const about = {
  sessionId: 's',
  cwd: '/p',
  version: '2.0.74',
  isSidechain: false,
  userType: 'external',
}
const time = (second: number) => `2026-01-15T10:14:${String(second).padStart(2, '0')}.000Z`

function line(
  uuid: string,
  parentUuid: string | null,
  type: string,
  message: object,
  rest: object = {},
) {
  return {
    ...about,
    uuid,
    parentUuid,
    type,
    message,
    timestamp: time(Number(uuid.replace(/\D/g, ''))),
    ...rest,
  }
}

function block(uuid: string, parent: string, id: string, content: object, rest: object = {}) {
  const usage = { input_tokens: 3, output_tokens: 5 }
  return line(
    uuid,
    parent,
    'assistant',
    { id, role: 'assistant', model: 'claude', usage, stop_reason: null, content: [content] },
    rest,
  )
}

const use = (id: string) => ({ type: 'tool_use', id, name: 'Bash', input: { command: 'ls' } })
const result = (id: string) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content: 'a.txt' }],
})

test('an answer is one message with its blocks, parallel calls and their results', async () => {
  const { rows, remarks, title } = await readAs(
    'claude-code',
    { type: 'summary', summary: 'Listing files', leafUuid: 'l8' },
    { type: 'file-history-snapshot', messageId: 'l1', snapshot: {} },
    line('l1', null, 'user', { role: 'user', content: 'List' }),
    block('l2', 'l1', 'msg_1', { type: 'thinking', thinking: 'Hm', signature: 'sig' }),
    block('l3', 'l2', 'msg_1', use('t1')),
    block('l4', 'l3', 'msg_1', use('t2')),
    // Each result has the line of its own call as its parent.
    line('l5', 'l3', 'user', result('t1'), { toolUseResult: { stdout: 'a.txt' } }),
    line('l6', 'l4', 'user', result('t2')),
    block('l7', 'l6', 'msg_2', { type: 'text', text: 'Two files' }),
  )
  expect(remarks).toEqual([])
  expect(title).toBe('Listing files')
  expect(rows).toEqual([
    {
      id: 'l1',
      role: 'user',
      createdAt: Date.parse(time(1)),
      parts: [{ type: 'text', text: 'List' }],
    },
    {
      id: 'l2',
      role: 'assistant',
      createdAt: Date.parse(time(2)),
      metadata: { model: 'claude', usage: { inputTokens: 6, outputTokens: 10 } },
      parts: [
        { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 'sig' } } },
        ...['t1', 't2'].map((toolCallId) => ({
          type: 'dynamic-tool',
          toolCallId,
          toolName: 'Bash',
          state: 'output-available',
          input: { command: 'ls' },
          output: 'a.txt',
        })),
        { type: 'step-start' },
        { type: 'text', text: 'Two files' },
      ],
    },
  ])
})

test('only the branch of the newest message is read, and omissions are reported', async () => {
  const { rows, remarks } = await readAs(
    'claude-code',
    line('l1', null, 'user', { role: 'user', content: 'First' }),
    line('l2', 'l1', 'user', { role: 'user', content: 'Take back' }),
    line('l3', 'l1', 'user', { role: 'user', content: 'Instead' }),
    line('l4', 'l3', 'user', { role: 'user', content: 'Caveat' }, { isMeta: true }),
    line('l5', 'l3', 'assistant', { role: 'assistant', content: 'agent' }, { isSidechain: true }),
    { ...about, type: 'system', uuid: 'l6', parentUuid: 'l4', subtype: 'turn_duration' },
    block('l7', 'l6', 'msg_1', { type: 'text', text: 'Yes' }),
    line('l8', 'l7', 'user', { role: 'user', content: 'So far' }, { isCompactSummary: true }),
  )
  expect(rows.map(({ role, parts: [part] }) => [role, part])).toMatchObject([
    ['user', { text: 'First' }],
    ['user', { text: 'Instead' }],
    ['assistant', { text: 'Yes' }],
    ['system', { text: 'So far' }],
  ])
  expect([...new Set(remarks)].sort()).toEqual([
    'note: hidden notes to the model are left out',
    'note: messages of subagents are left out',
    'note: messages on other branches are left out',
  ])
})

test('a subagent’s own file is a session, and an invalid line is refused', async () => {
  const side = { isSidechain: true }
  const { rows, remarks } = await readAs(
    'claude-code',
    line('l1', null, 'user', { role: 'user', content: 'Find' }, side),
    block('l2', 'l1', 'msg_1', { type: 'text', text: 'Found' }, side),
    line('l3', 'l2', 'assistant', { role: 'assistant', content: null }, side),
  )
  expect(rows.map(({ id }) => id)).toEqual(['l1', 'l2'])
  expect(remarks).toEqual([expect.stringContaining('message.content is null')])
})
