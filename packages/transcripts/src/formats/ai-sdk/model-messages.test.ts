import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: { city: 'Oslo' } }
const result = { type: 'tool-result', toolCallId: 'c1', toolName: 'weather' }

test('calls are paired with their results, and provider options are kept', async () => {
  const openai = { openai: { itemId: 'rs_1' } }
  const { rows, remarks } = await readAs(
    'model',
    { role: 'system', content: 'Be kind' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'image', image: 'AA==', mediaType: 'image/png' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm', providerOptions: openai },
        { ...call, providerOptions: openai },
      ],
    },
    {
      role: 'tool',
      content: [
        { ...result, output: { type: 'json', value: { degrees: 3 } }, providerOptions: openai },
      ],
    },
    { role: 'assistant', content: 'Cold' },
  )
  expect(remarks).toEqual([])
  expect(rows).toEqual([
    { role: 'system', parts: [{ type: 'text', text: 'Be kind' }] },
    {
      role: 'user',
      parts: [
        { type: 'text', text: 'Hi' },
        { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
      ],
    },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm', providerMetadata: openai },
        {
          type: 'dynamic-tool',
          toolCallId: 'c1',
          toolName: 'weather',
          state: 'output-available',
          input: { city: 'Oslo' },
          output: { degrees: 3 },
          callProviderMetadata: openai,
          resultProviderMetadata: openai,
        },
        { type: 'step-start' },
        { type: 'text', text: 'Cold' },
      ],
    },
  ])
})

test.each([
  [{ output: { type: 'text', value: 'Cold' } }, { output: 'Cold' }],
  [{ output: { type: 'error-text', value: 'No' } }, { state: 'output-error', errorText: 'No' }],
  [
    { output: { type: 'error-json', value: { a: 1 } } },
    { state: 'output-error', errorText: '{"a":1}' },
  ],
  [
    { output: { type: 'content', value: [{ type: 'text', text: 'x' }] } },
    { output: [{ type: 'text', text: 'x' }] },
  ],
  [
    { output: { type: 'execution-denied', reason: 'No' } },
    { state: 'output-denied', approval: { approved: false, reason: 'No' } },
  ],
  [{ result: 5 }, { output: 5 }],
  [
    { result: 'No', isError: true },
    { state: 'output-error', errorText: 'No' },
  ],
])('the result %j of any version is read', async (said, expected) => {
  const { args: _, ...old } = { ...call, args: call.input, input: undefined }
  const { rows } = await readAs(
    'model',
    { role: 'assistant', content: [{ ...old, args: call.input }] },
    { role: 'tool', content: [{ ...result, ...said }] },
    { role: 'user', content: 'Thanks' },
  )
  expect(rows[0]?.parts).toMatchObject([{ toolCallId: 'c1', input: call.input, ...expected }])
})

test('approvals go with their calls', async () => {
  const request = { type: 'tool-approval-request', approvalId: 'ap', toolCallId: 'c1' }
  const response = {
    type: 'tool-approval-response',
    approvalId: 'ap',
    approved: true,
    reason: 'Yes',
  }
  const asked = { role: 'assistant', content: [call, request] }
  expect((await readAs('model', asked)).rows[0]?.parts).toMatchObject([
    { state: 'approval-requested', approval: { id: 'ap' } },
  ])
  const answered = {
    role: 'tool',
    content: [response, { ...result, output: { type: 'text', value: 'Cold' } }],
  }
  expect((await readAs('model', asked, answered)).rows[0]?.parts).toMatchObject([
    { state: 'output-available', approval: { id: 'ap', approved: true, reason: 'Yes' } },
  ])
})

test('files are read in every form that JSON gives them', async () => {
  const file = { type: 'file', mediaType: 'text/plain', filename: 'a.txt' }
  const bytes = [
    { data: { type: 'Buffer', data: [104, 105] } },
    { data: { 0: 104, 1: 105 } },
    { data: 'aGk=' },
    { data: { type: 'data', data: 'aGk=' } },
  ]
  const { rows } = await readAs('model', {
    role: 'user',
    content: [
      ...bytes.map((each) => ({ ...file, ...each })),
      { ...file, data: { type: 'url', url: 'https://example.com/a' } },
      { type: 'image', image: 'https://example.com/b.png' },
      { ...file, data: { type: 'reference', reference: { openai: 'file-1' } } },
    ],
  })
  expect(rows[0]?.parts).toEqual([
    ...bytes.map(() => ({ ...file, url: 'data:text/plain;base64,aGk=' })),
    { ...file, url: 'https://example.com/a' },
    { type: 'file', mediaType: 'image/*', url: 'https://example.com/b.png' },
    { type: 'data-model-part', data: expect.objectContaining({ mediaType: 'text/plain' }) },
  ])
})

test('reasoning of either version is read, and a stray result is refused', async () => {
  const { rows, remarks } = await readAs(
    'model',
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm', signature: 's' },
        { type: 'redacted-reasoning', data: 'x' },
        { type: 'custom', kind: 'acme.card' },
      ],
    },
    { role: 'tool', content: [{ ...result, result: 5 }] },
  )
  expect(rows[0]?.parts).toEqual([
    { type: 'reasoning', text: 'Hm', providerMetadata: { anthropic: { signature: 's' } } },
    { type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: 'x' } } },
    { type: 'custom', kind: 'acme.card' },
  ])
  const stray = 'toolCallId is "c1"; it must be the id of an earlier call without a result.'
  expect(remarks).toEqual([`refused: ${stray}`])
  const said = [
    { type: 'text', text: 'Hi' },
    { ...result, result: 5 },
  ]
  expect((await readAs('model', { role: 'assistant', content: said })).rows).toEqual([])
})
