import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

const prompt = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }
const reasoning = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'Hm' }],
  encrypted_content: 'enc',
}
const call = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'c1',
  name: 'weather',
  arguments: '{"city":"Oslo"}',
  status: 'completed',
}
const output = { type: 'function_call_output', call_id: 'c1', output: '{"degrees":3}' }
const answer = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Cold', annotations: [] }],
}

const said = [
  {
    type: 'reasoning',
    text: 'Hm',
    providerMetadata: { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'enc' } },
  },
  {
    type: 'dynamic-tool',
    toolCallId: 'c1',
    toolName: 'weather',
    state: 'output-available',
    input: { city: 'Oslo' },
    output: { degrees: 3 },
    callProviderMetadata: { openai: { itemId: 'fc_1' } },
  },
  { type: 'step-start' },
  { type: 'text', text: 'Cold', providerMetadata: { openai: { itemId: 'msg_1' } } },
]

test('the items between two prompts are one answer, with paired calls and item ids', async () => {
  const { rows, remarks } = await readAs('responses', prompt, reasoning, call, output, answer, {
    role: 'user',
    content: 'Thanks',
  })
  expect(remarks).toEqual([])
  expect(rows).toEqual([
    { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', parts: said },
    { role: 'user', parts: [{ type: 'text', text: 'Thanks' }] },
  ])
})

test('a response keeps its time, model and usage, and a request its instructions', async () => {
  const usage = {
    input_tokens: 9,
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 13,
  }
  const response = {
    object: 'response',
    id: 'resp_1',
    created_at: 1_700_000_000,
    model: 'gpt-5',
    status: 'completed',
    usage,
    output: [reasoning, answer],
  }
  const { rows } = await readAs('responses', response)
  expect(rows).toMatchObject([
    {
      createdAt: 1_700_000_000_000,
      metadata: {
        model: 'gpt-5',
        finishReason: 'stop',
        usage: { inputTokens: 9, outputTokens: 4, reasoningTokens: 2, totalTokens: 13 },
        foreign: { id: 'resp_1' },
      },
    },
  ])
  const { rows: asked } = await readAs('responses', {
    instructions: 'Be kind',
    input: [prompt, reasoning, call, output, answer],
  })
  expect(asked.map(({ role }) => role)).toEqual(['system', 'user', 'assistant'])
})

test('parallel calls, calls of custom tools and of provider tools are read', async () => {
  const { rows, remarks } = await readAs(
    'responses',
    { ...call, id: 'fc_1' },
    { ...call, id: 'fc_2', call_id: 'c2' },
    { ...output, output: [{ type: 'input_text', text: 'Cold' }] },
    { ...output, call_id: 'c2' },
    { type: 'custom_tool_call', id: 'ct', call_id: 'c3', name: 'run', input: 'ls' },
    { type: 'custom_tool_call_output', call_id: 'c3', output: 'a.txt' },
    {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'q' },
    },
    {
      type: 'code_interpreter_call',
      id: 'ci_1',
      code: '1+1',
      outputs: [{ type: 'logs', logs: '2' }],
    },
    {
      type: 'mcp_call',
      id: 'mcp_1',
      name: 'ask',
      server_label: 's',
      arguments: '{}',
      output: 'ok',
      error: null,
    },
  )
  expect(remarks).toEqual([])
  const calls = rows.flatMap(({ parts }) => parts).filter(({ type }) => type === 'dynamic-tool')
  expect(calls).toMatchObject([
    { toolCallId: 'c1', output: 'Cold' },
    { toolCallId: 'c2', output: { degrees: 3 } },
    { toolCallId: 'c3', toolName: 'run', input: 'ls', output: 'a.txt' },
    {
      toolCallId: 'ws_1',
      toolName: 'web_search',
      providerExecuted: true,
      state: 'output-available',
    },
    {
      toolCallId: 'ci_1',
      toolName: 'code_interpreter',
      input: { code: '1+1' },
      output: [{ type: 'logs', logs: '2' }],
    },
    { toolCallId: 'mcp_1', toolName: 'ask', input: {}, output: 'ok' },
  ])
  expect(rows).toHaveLength(1)
})

test('empty reasoning, files and unknown items are kept, and a reference is refused', async () => {
  const { rows, remarks } = await readAs(
    'responses',
    {
      role: 'user',
      content: [
        { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
        { type: 'input_image', file_id: 'file-1' },
      ],
    },
    { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'enc' },
    { type: 'compaction', encrypted_content: 'x' },
    {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'refusal', refusal: 'No' },
        {
          type: 'output_text',
          text: 'Hi',
          annotations: [{ type: 'url_citation', url: 'https://a.b' }],
        },
      ],
    },
    { type: 'item_reference', id: 'rs_0' },
  )
  expect(rows[0]?.parts).toMatchObject([
    { type: 'file', mediaType: 'image/png', providerMetadata: { openai: { imageDetail: 'low' } } },
    { type: 'file', mediaType: 'application/pdf', filename: 'a.pdf' },
    { type: 'data-responses-part' },
  ])
  expect(rows[1]?.parts).toMatchObject([
    { type: 'reasoning', text: '' },
    { type: 'data-responses-part', data: { type: 'compaction' } },
    { type: 'text', text: 'No' },
    {
      type: 'text',
      text: 'Hi',
      providerMetadata: { openai: { annotations: [{ url: 'https://a.b' }] } },
    },
  ])
  expect(remarks.at(-1)).toMatch(/^note|refused/)
  expect(remarks).toContainEqual(
    expect.stringContaining('it must be an item that the file contains'),
  )
})
