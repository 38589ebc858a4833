import { expect, test } from 'vitest'

import { readAs } from '../../tests/support/read-as.ts'

function exported(messages: Record<string, object>, currentId: string, rest: object = {}) {
  return {
    id: 'chat',
    user_id: 'u',
    title: 'Weather',
    chat: { title: 'Weather', history: { currentId, messages }, ...rest },
    created_at: 1_700_000_000,
    updated_at: 1_700_000_010,
  }
}

const prompt = {
  id: 'm1',
  parentId: null,
  role: 'user',
  content: 'What?',
  timestamp: 1_700_000_001,
  files: [],
}
const answer = {
  id: 'm2',
  parentId: 'm1',
  role: 'assistant',
  content: 'Cold',
  model: 'llama3',
  timestamp: 1_700_000_002,
  done: true,
}

test('the shown branch is read, with its title and times', async () => {
  const { rows, remarks, title, createdAt } = await readAs(
    'open-webui',
    exported(
      {
        m1: prompt,
        m2: { ...answer, usage: { prompt_tokens: 3, completion_tokens: 2 } },
        m3: { ...answer, id: 'm3' },
      },
      'm2',
    ),
  )
  expect({ title, createdAt }).toEqual({ title: 'Weather', createdAt: 1_700_000_000_000 })
  expect(remarks).toEqual(['note: messages on other branches are left out'])
  expect(rows).toEqual([
    {
      id: 'm1',
      role: 'user',
      createdAt: 1_700_000_001_000,
      parts: [{ type: 'text', text: 'What?' }],
    },
    {
      id: 'm2',
      role: 'assistant',
      createdAt: 1_700_000_002_000,
      metadata: { model: 'llama3', usage: { inputTokens: 3, outputTokens: 2 } },
      parts: [{ type: 'text', text: 'Cold' }],
    },
  ])
})

test('reasoning and calls come from the output', async () => {
  const output = [
    {
      type: 'reasoning',
      id: 'r',
      content: [{ type: 'output_text', text: 'Hm' }],
      summary: null,
      duration: 3,
    },
    {
      type: 'function_call',
      id: 'c1',
      call_id: 'c1',
      name: 'weather',
      arguments: '{"city":"Oslo"}',
      status: 'completed',
    },
    {
      type: 'function_call_output',
      id: 'o',
      call_id: 'c1',
      output: [{ type: 'input_text', text: 'Cold' }],
      status: 'completed',
    },
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'It is cold.' }],
    },
  ]
  const { rows, remarks } = await readAs(
    'open-webui',
    exported({ m1: prompt, m2: { ...answer, output } }, 'm2'),
  )
  expect(remarks).toEqual([])
  expect(rows[1]?.parts).toMatchObject([
    { type: 'reasoning', text: 'Hm' },
    { toolCallId: 'c1', toolName: 'weather', input: { city: 'Oslo' }, output: 'Cold' },
    { type: 'step-start' },
    { type: 'text', text: 'It is cold.' },
  ])
})

test('or, in older exports, come from the details in the text', async () => {
  const content =
    '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n&gt; One &amp; one\n&gt; two\n</details>\n' +
    '<details type="tool_calls" done="true" id="c1" name="weather" arguments="&quot;{\\&quot;city\\&quot;:\\&quot;Oslo\\&quot;}&quot;" result="&quot;Cold&quot;">\n<summary>Tool Executed</summary>\n</details>\nIt is cold.'
  const { rows } = await readAs(
    'open-webui',
    exported({ m1: prompt, m2: { ...answer, content } }, 'm2'),
  )
  expect(rows[1]?.parts).toEqual([
    { type: 'reasoning', text: 'One & one\ntwo' },
    {
      type: 'dynamic-tool',
      toolCallId: 'c1',
      toolName: 'weather',
      input: { city: 'Oslo' },
      state: 'output-available',
      output: 'Cold',
    },
    { type: 'text', text: 'It is cold.' },
  ])
})

test('a single chat, an older one without a history, errors and files are read', async () => {
  const files = [
    { type: 'image', url: 'data:image/png;base64,AA==' },
    { type: 'file', name: 'a.txt', id: 'f' },
  ]
  const failed = {
    ...answer,
    content: '',
    error: { content: 'Out of memory' },
    sources: [{ source: { name: 'a' } }],
  }
  const { rows } = await readAs('open-webui', {
    history: { messages: { m1: { ...prompt, files }, m2: failed }, currentId: 'm2' },
  })
  expect(rows[0]?.parts).toMatchObject([
    { text: 'What?' },
    { type: 'file', mediaType: 'image/png' },
    { type: 'data-open-webui-part' },
  ])
  expect(rows[1]).toMatchObject({
    metadata: { finishReason: 'error', error: { message: 'Out of memory' } },
    parts: [{ data: { sources: [{}] } }],
  })
  const { rows: old } = await readAs('open-webui', {
    title: 'Old',
    chat: { messages: [prompt, answer] },
  })
  expect(old.map(({ id }) => id)).toEqual(['m1', 'm2'])
})
