import { part as partSchema } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import { readItems, readRows } from '../../../tests/support/read-items.ts'

async function rowsOf(...messages: unknown[]): Promise<ImportedRow[]> {
  const [rows = []] = await readRows(messages)
  for (const part of rows.flatMap(({ parts }) => parts)) {
    expect(partSchema.parse(part)).toEqual(part)
  }
  return rows
}

/** The remarks about one message, or its refusal. */
async function messagesOf(message: unknown): Promise<string[]> {
  const items = await readItems([message], { format: 'openai' })
  return items.flatMap((item) => ('message' in item ? [item.message] : []))
}

function calling(...ids: string[]) {
  const calls = ids.map((id) => ({
    id,
    type: 'function',
    function: { name: 'weather', arguments: '{"city": "Oslo"}' },
  }))
  return { role: 'assistant', content: null, tool_calls: calls }
}

function answer(id: string, content: unknown = 'Cold') {
  return { role: 'tool', tool_call_id: id, content }
}

function tool(id: string, output?: unknown) {
  return {
    type: 'dynamic-tool',
    toolCallId: id,
    toolName: 'weather',
    input: { city: 'Oslo' },
    ...(output === undefined
      ? { state: 'input-available' }
      : { state: 'output-available', output }),
  }
}

const thanks = { role: 'user', content: 'Thanks' }

test('roles become those of a message here', async () => {
  const rows = await rowsOf(
    { role: 'developer', content: 'Be brief' },
    { role: 'system', content: 'Be kind' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
  )
  expect(rows).toEqual([
    { role: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
    { role: 'system', parts: [{ type: 'text', text: 'Be kind' }] },
    { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] },
  ])
})

test('content parts become text and files', async () => {
  const [row] = await rowsOf({
    role: 'user',
    content: [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
    ],
  })
  expect(row?.parts).toEqual([
    { type: 'text', text: 'Look' },
    { type: 'file', mediaType: 'image/*', url: 'https://example.com/a.png' },
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
    { type: 'file', mediaType: 'audio/mpeg', url: 'data:audio/mpeg;base64,AA==' },
    {
      type: 'file',
      mediaType: 'application/pdf',
      filename: 'a.pdf',
      url: 'data:application/pdf;base64,AA==',
    },
  ])
})

test('a content part that cannot be shown is kept in a data part', async () => {
  const file = { type: 'file', file: { file_id: 'file-1' } }
  const items = await readItems([{ role: 'user', content: [file] }])
  expect(items).toEqual([
    {
      type: 'note',
      line: 1,
      message:
        'a content part of type file has no counterpart and is kept as data-openai-part, which is not shown',
    },
    {
      type: 'conversation',
      line: 1,
      format: 'openai',
      rows: [{ role: 'user', parts: [{ type: 'data-openai-part', data: file }] }],
    },
  ])
})

test('reasoning and refusals are kept', async () => {
  const [row] = await rowsOf({
    role: 'assistant',
    content: null,
    refusal: 'No.',
    reasoning_content: 'Hm',
  })
  expect(row?.parts).toEqual([
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'No.' },
  ])
})

describe('tool calls', () => {
  test('are joined with their results, and the next step continues the answer', async () => {
    const rows = await rowsOf(
      { ...calling('a', 'b'), content: 'Let me see' },
      answer('b', 'Warm'),
      answer('a', [{ type: 'text', text: 'Cold' }]),
      { role: 'assistant', content: 'It is cold.' },
      thanks,
    )
    expect(rows).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'Let me see' },
          tool('a', 'Cold'),
          tool('b', 'Warm'),
          { type: 'step-start' },
          { type: 'text', text: 'It is cold.' },
        ],
      },
      { role: 'user', parts: [{ type: 'text', text: 'Thanks' }] },
    ])
  })

  test('find a result that comes lines later', async () => {
    const rows = await rowsOf(
      calling('a'),
      thanks,
      { role: 'assistant', content: 'Hm' },
      answer('a'),
    )
    expect(rows[0]).toMatchObject({ parts: [tool('a', 'Cold')] })
  })

  test('that reuse an id get their results one after the other', async () => {
    const rows = await rowsOf(
      calling('a'),
      answer('a', '1'),
      calling('a'),
      answer('a', '2'),
      thanks,
    )
    expect(rows[0]?.parts).toEqual([tool('a', 1), { type: 'step-start' }, tool('a', 2)])
  })

  test('without arguments have an empty input, and arguments that are not JSON stay text', async () => {
    const inputs = ['', '{"a":', '{"n":12345678901234567890}', { a: 1 }]
    for (const [index, given] of inputs.entries()) {
      const call = { id: 'a', type: 'function', function: { name: 't', arguments: given } }
      const [row] = await rowsOf({ role: 'assistant', tool_calls: [call] }, thanks)
      const expected = [{}, '{"a":', '{"n":12345678901234567890}', { a: 1 }][index]
      expect(row?.parts).toMatchObject([{ input: expected }])
    }
  })

  test('of custom tools have their text as input', async () => {
    const call = { id: 'a', type: 'custom', custom: { name: 'run', input: 'ls -l' } }
    const [row] = await rowsOf({ role: 'assistant', tool_calls: [call] }, thanks)
    expect(row?.parts).toMatchObject([{ toolName: 'run', input: 'ls -l' }])
  })

  test('say that they failed', async () => {
    const [row] = await rowsOf(calling('a'), { ...answer('a', 'No'), is_error: true }, thanks)
    expect(row?.parts).toMatchObject([{ state: 'output-error', errorText: 'No' }])
  })

  test.each([[answer('b')], [answer('a')], [{ role: 'tool', content: '' }]])(
    'that were never made get no results: %o',
    async (stray) => {
      const items = await readItems([calling('a'), answer('a'), stray, thanks])
      expect(items[0]).toMatchObject({ type: 'refused', line: 3 })
      expect(items).toHaveLength(2)
    },
  )

  test('leave the row incomplete until the model continues', async () => {
    const [open, half, whole] = [
      await rowsOf(calling('a')),
      await rowsOf(calling('a'), answer('a')),
      await rowsOf(calling('a'), answer('a'), { role: 'assistant', content: 'Cold.' }),
    ]
    expect([open, half, whole].map((rows) => rows[0]?.complete)).toEqual([false, false, undefined])
  })
})

test('steps with ids are joined by their ids alone', async () => {
  const step = (id: string, content: string) => ({ id, role: 'assistant', content })
  const rows = await rowsOf(
    step('1', 'a'),
    step('1', 'b'),
    { ...calling('c'), id: '2' },
    step('3', 'd'),
  )
  expect(rows.map(({ id, parts }) => [id, parts.length])).toEqual([
    ['1', 3],
    ['2', 1],
    ['3', 1],
  ])
})

test('an answer after another, with no calls between, is a message of its own', async () => {
  const said = { role: 'assistant', content: 'Hi' }
  expect(await rowsOf(said, said)).toHaveLength(2)
})

test('a message that would have too many parts continues in another', async () => {
  const steps = Array.from({ length: 501 }, (_, index) => [
    calling(`c${index}`),
    answer(`c${index}`),
  ]).flat()
  const rows = await rowsOf(...steps)
  expect(rows.map(({ parts }) => parts.length)).toEqual([999, 1])
})

test.each([
  [{ created_at: 1_700_000_000.123 }],
  [{ created: 1_700_000_000.123 }],
  [{ timestamp: '2023-11-14T22:13:20.123Z' }],
  [{ timestamp: 1_700_000_000_123 }],
])('the time is in seconds or a string: %o', async (time) => {
  const [row] = await rowsOf({ role: 'user', content: 'Hi', ...time })
  expect(row?.createdAt).toBe(1_700_000_000_123)
})

test('members without a place are kept as foreign, unless they are empty', async () => {
  const [row] = await rowsOf({ role: 'user', name: 'bob', weight: 0, audio: null, content: 'Hi' })
  expect(row?.metadata).toEqual({ foreign: { name: 'bob', weight: 0 } })
  const [answered] = await rowsOf({ role: 'assistant', annotations: [], content: 'Hi' })
  expect(answered?.metadata).toBeUndefined()
  const image = { type: 'image_url', image_url: { url: 'https://example.com', detail: 'low' } }
  const [shown] = await rowsOf({
    role: 'user',
    content: [image, { type: 'image_url', image_url: 'https://a.b' }],
  })
  expect(shown?.parts).toMatchObject([
    { type: 'file', providerMetadata: { openai: { imageDetail: 'low' } } },
    { type: 'file', url: 'https://a.b' },
  ])
})

test('usage is summed over the steps of an answer, and its model and finish reason are kept', async () => {
  const usage = {
    prompt_tokens: 3,
    completion_tokens: 2,
    prompt_tokens_details: { cached_tokens: 1 },
  }
  const about = { model: 'm', usage, finish_reason: 'tool_calls' }
  const items = await readItems([
    { ...calling('a'), ...about, seed: 1 },
    answer('a'),
    { role: 'assistant', content: 'Cold', ...about, finish_reason: 'stop', seed: 2 },
  ])
  expect(items).toMatchObject([
    { type: 'lost', line: 3, message: 'seed is dropped' },
    {
      rows: [
        {
          metadata: {
            model: 'm',
            finishReason: 'stop',
            usage: { inputTokens: 6, outputTokens: 4, cachedInputTokens: 2 },
            foreign: { seed: 1 },
          },
        },
      ],
    },
  ])
})

test('calls and answers without ids are paired in their order, as Ollama and function_call have them', async () => {
  const made = (name: string) => ({ function: { name, arguments: { n: 1 } } })
  const [row] = await rowsOf(
    { role: 'assistant', content: '', tool_calls: [made('a'), made('b')] },
    { role: 'tool', tool_name: 'b', content: 'B' },
    { role: 'tool', content: 'A' },
    { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
    { role: 'function', name: 'f', content: 'F' },
    thanks,
  )
  const calls = row?.parts.filter(({ type }) => type === 'dynamic-tool')
  expect(calls).toMatchObject([
    { toolCallId: 'call-1', toolName: 'a', input: { n: 1 }, output: 'A' },
    { toolCallId: 'call-2', toolName: 'b', output: 'B' },
    { toolCallId: 'call-3', toolName: 'f', output: 'F' },
  ])
})

test('OpenRouter’s reasoning keeps its signatures, and spoken answers keep their words', async () => {
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 's' }]
  const [row] = await rowsOf({
    role: 'assistant',
    content: 'Hi',
    reasoning: 'Hm',
    reasoning_details: details,
  })
  expect(row?.parts[0]).toEqual({
    type: 'reasoning',
    text: 'Hm',
    providerMetadata: { openrouter: { reasoning_details: details } },
  })
  const audio = { id: 'audio_1', transcript: 'Hello', data: 'AA==' }
  const items = await readItems([{ role: 'assistant', content: null, audio, refusal: null }])
  expect(items.at(-1)).toMatchObject({
    rows: [
      { parts: [{ text: 'Hello' }, { type: 'data-openai-part', data: { type: 'audio', audio } }] },
    ],
  })
})

test.each([
  [
    { role: 'function', name: 'f', content: '' },
    'tool_call_id is missing; it must be the id of an earlier call.',
  ],
  [{ role: 'user' }, 'content is missing; it must be a string or an array.'],
  [{ role: 'user', content: 5 }, 'content is 5; it must be a string or an array.'],
  [
    { role: 'user', content: [{ type: 'text' }] },
    'content.0.text is missing; it must be a string.',
  ],
  [
    { role: 'user', content: [{ type: 'image_url', image_url: 5 }] },
    'content.0.image_url is 5; it must be an object.',
  ],
  [{ role: 'assistant', tool_calls: {} }, 'tool_calls is {}; it must be an array.'],
  [
    { role: 'assistant', tool_calls: [{ id: 5, function: { name: 'f' } }] },
    'tool_calls.0.id is 5; it must be a string.',
  ],
  [
    { role: 'assistant', tool_calls: [{ id: 'a', function: {} }] },
    'tool_calls.0.function.name is missing; it must be a string.',
  ],
])('a message that is not as it must be is refused: %o', async (message, reason) => {
  expect(await messagesOf(message)).toEqual([reason])
})

test('an answer that makes a message too large is refused', async () => {
  const long = 'x'.repeat(9 * 1024 * 1024)
  const items = await readItems([calling('a', 'b'), answer('a', long), answer('b', long), thanks])
  expect(items).toMatchObject([
    { type: 'refused', line: 3, message: expect.stringMatching(/^The message has 1887\d+ bytes/) },
    { type: 'conversation', rows: [{ parts: [tool('a', long), tool('b')] }, { role: 'user' }] },
  ])
})

test('more content parts than a message may have are refused', async () => {
  const content = Array.from({ length: 1001 }, () => ({ type: 'text', text: '' }))
  const reason = 'The message has 1001 parts; at most 1000 are allowed.'
  expect(await messagesOf({ role: 'user', content })).toEqual([reason])
  expect(await messagesOf({ role: 'assistant', content })).toEqual([reason])
})
