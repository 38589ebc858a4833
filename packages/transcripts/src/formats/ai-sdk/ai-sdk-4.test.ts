import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const head = { id: 'a1', createdAt: '2024-11-05T10:00:00.000Z' }
const createdAt = Date.parse(head.createdAt)
const done = {
  state: 'result',
  toolCallId: 'c1',
  toolName: 'weather',
  args: { city: 'Oslo' },
  result: 3,
}

test('messages without parts have their text, calls, reasoning and time', async () => {
  const { rows, remarks } = await readAs(
    'ai-sdk-4',
    {
      ...head,
      id: 'u1',
      role: 'user',
      content: 'Hi',
      experimental_attachments: [
        { name: 'a.png', contentType: 'image/png', url: 'data:image/png;base64,AA==' },
      ],
    },
    {
      ...head,
      role: 'assistant',
      content: 'Cold',
      reasoning: 'Hm',
      toolInvocations: [done, { ...done, state: 'call', toolCallId: 'c2', result: undefined }],
      annotations: [{ a: 1 }],
    },
  )
  expect(remarks).toEqual([])
  expect(rows).toEqual([
    {
      id: 'u1',
      role: 'user',
      createdAt,
      parts: [
        { type: 'text', text: 'Hi' },
        {
          type: 'file',
          mediaType: 'image/png',
          filename: 'a.png',
          url: 'data:image/png;base64,AA==',
        },
      ],
    },
    {
      id: 'a1',
      role: 'assistant',
      createdAt,
      metadata: { foreign: { annotations: [{ a: 1 }] } },
      parts: [
        {
          type: 'dynamic-tool',
          toolCallId: 'c1',
          toolName: 'weather',
          state: 'output-available',
          input: { city: 'Oslo' },
          output: 3,
        },
        {
          type: 'dynamic-tool',
          toolCallId: 'c2',
          toolName: 'weather',
          state: 'input-available',
          input: { city: 'Oslo' },
        },
        { type: 'reasoning', text: 'Hm' },
        { type: 'text', text: 'Cold' },
      ],
    },
  ])
})

test('parts of that version become parts of this one, with their signatures', async () => {
  const { rows, remarks } = await readAs('ai-sdk-4', {
    ...head,
    role: 'assistant',
    content: 'Cold',
    parts: [
      { type: 'step-start' },
      {
        type: 'reasoning',
        reasoning: 'Hm',
        details: [
          { type: 'text', text: 'Hm', signature: 'sig' },
          { type: 'redacted', data: 'xyz' },
        ],
      },
      { type: 'tool-invocation', toolInvocation: done },
      {
        type: 'source',
        source: { sourceType: 'url', id: 's', url: 'https://example.com', title: 'T' },
      },
      { type: 'file', mimeType: 'image/png', data: 'AA==' },
      { type: 'text', text: 'Cold' },
      { type: 'later', value: 1 },
    ],
  })
  expect(remarks).toEqual([
    'note: a part of type later has no counterpart and is kept as data-ai-sdk-4-part, which is not shown',
  ])
  expect(rows[0]?.parts).toEqual([
    { type: 'step-start' },
    { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 'sig' } } },
    { type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: 'xyz' } } },
    {
      type: 'dynamic-tool',
      toolCallId: 'c1',
      toolName: 'weather',
      state: 'output-available',
      input: { city: 'Oslo' },
      output: 3,
    },
    { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'T' },
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
    { type: 'text', text: 'Cold' },
    { type: 'data-ai-sdk-4-part', data: { type: 'later', value: 1 } },
  ])
})

test('a data message is kept, and an empty message is refused', async () => {
  const { rows, remarks } = await readAs(
    'ai-sdk-4',
    { ...head, role: 'data', content: '', data: { n: 1 } },
    { id: 'x', role: 'assistant', toolInvocations: [] },
    { id: 'y', role: 'assistant', content: '', toolInvocations: [{ state: 'odd' }] },
  )
  expect(rows[0]?.parts).toMatchObject([{ type: 'data-ai-sdk-4-part', data: { data: { n: 1 } } }])
  expect(remarks.slice(1)).toEqual(
    [
      'refused: content is missing; it must be a string.',
      'refused: toolInvocations.0.state is "odd"; it must be "partial-call", "call" or "result".',
    ].map((each) => expect.stringContaining(each.slice(9))),
  )
})
