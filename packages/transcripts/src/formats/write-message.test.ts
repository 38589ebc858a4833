import type { Message, Part } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { anyMessages, plainMessages } from '../../tests/support/arbitrary-message.ts'
import { readItems, readRows } from '../../tests/support/read-items.ts'
import { writeMessage, type WrittenFormat } from './write-message.ts'

function linesOf(messages: readonly Message[], format: WrittenFormat) {
  return messages.flatMap((message) => writeMessage(message, format).messages)
}

function rowOf({ id, role, parts, metadata: { createdAt } }: Message): ImportedRow {
  return { id, role, parts, createdAt }
}

function messageWith(parts: Part[], role: Message['role'] = 'assistant'): Message {
  const metadata = { createdAt: 1_700_000_000_123 }
  return { id: 'm', order: 1, role, parts, metadata, revision: 1, epoch: 0, status: 'done' }
}

test('any messages are read back unchanged from UI messages', async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, async (messages) => {
      const [rows = []] = await readRows(linesOf(messages, 'ui'), { final: true })
      expect(rows).toEqual(messages.map(rowOf))
    }),
  )
})

test('messages that OpenAI’s format can express are read back unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(plainMessages, async (messages) => {
      expect(messages.flatMap((message) => writeMessage(message, 'openai').leftOut)).toEqual([])
      const [rows = []] = await readRows(linesOf(messages, 'openai'), { final: true })
      expect(rows).toEqual(messages.map(rowOf))
    }),
  )
})

test('any messages are the same in OpenAI’s format after a round trip', async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, async (messages) => {
      const lines = linesOf(messages, 'openai')
      const [rows = []] = await readRows(lines, { final: true })
      const read = rows.map(({ id = 'new', role, parts, createdAt = 0 }, index): Message => ({
        ...messages[index]!,
        id,
        role,
        parts: [...parts],
        metadata: { createdAt },
      }))
      expect(linesOf(read, 'openai')).toEqual(lines)
    }),
  )
})

test('an answer with steps and tools becomes the conversation of OpenAI’s API', () => {
  const tool = { type: 'dynamic-tool', toolName: 't', input: { a: 1 } } as const
  const parts: Part[] = [
    { type: 'step-start' },
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'Let me see' },
    { ...tool, toolCallId: 'c1', state: 'output-available', output: { b: 2 } },
    { ...tool, toolCallId: 'c2', state: 'output-error', errorText: 'No' },
    { type: 'step-start' },
    { type: 'text', text: 'Done' },
  ]
  const heading = { role: 'assistant', id: 'm', created_at: 1_700_000_000.123 }
  const call = { type: 'function', function: { name: 't', arguments: '{"a":1}' } }
  expect(linesOf([messageWith(parts)], 'openai')).toEqual([
    {
      ...heading,
      content: 'Let me see',
      reasoning_content: 'Hm',
      tool_calls: [
        { id: 'c1', ...call },
        { id: 'c2', ...call },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: '{"b":2}' },
    { role: 'tool', tool_call_id: 'c2', content: 'No', is_error: true },
    { ...heading, content: 'Done' },
  ])
})

test('parts that OpenAI’s format cannot hold are left out and reported', () => {
  const source: Part = { type: 'source-url', sourceId: 's', url: 'https://example.com' }
  const data: Part = { type: 'data-x', data: 1 }
  const file: Part = { type: 'file', mediaType: 'text/plain', url: 'https://example.com/a.txt' }
  const image: Part = { type: 'file', mediaType: 'image/png', url: 'https://example.com/a.png' }
  expect(writeMessage(messageWith([source, data, image]), 'openai')).toMatchObject({
    messages: [{ id: 'm', content: '' }],
    leftOut: ['source-url', 'data-x', 'file'],
  })
  expect(writeMessage(messageWith([file, image, data], 'user'), 'openai')).toMatchObject({
    messages: [{ content: [{ type: 'image_url', image_url: { url: image.url } }] }],
    leftOut: ['file', 'data-x'],
  })
})

test.each([
  [{ id: 'm', role: 'assistant', parts: [{ type: 'custom', kind: 'acme.card' }] }],
  [{ id: 'm', role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
])('a part that was unknown when it was read is written as it came: %o', async (line) => {
  const items = await readItems([line])
  const rows = items.flatMap((item) => (item.type === 'conversation' ? item.rows : []))
  const message = messageWith([...rows[0]!.parts], rows[0]!.role)
  expect(linesOf([message], 'parts' in line ? 'ui' : 'openai')).toEqual([
    expect.objectContaining(line),
  ])
})
