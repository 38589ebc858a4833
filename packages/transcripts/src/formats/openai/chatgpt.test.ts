import { expect, test } from 'vitest'

import { readAs } from '../../../tests/support/read-as.ts'

function message(id: string, role: string, content: unknown, rest: object = {}) {
  const parts = typeof content === 'string' ? { content_type: 'text', parts: [content] } : content
  return {
    id,
    author: { role, name: null, metadata: {} },
    create_time: 1_700_000_000.5,
    content: parts,
    recipient: 'all',
    metadata: {},
    ...rest,
  }
}

/** A chain of messages, except for those with a `parent`. */
function conversation(messages: ({ id: string; parent?: string } & object)[], rest: object = {}) {
  const nodes = messages.map(({ parent, ...each }, index) => {
    const before = parent ?? messages[index - 1]?.id ?? 'root'
    return [each.id, { id: each.id, message: each, parent: before, children: [] }]
  })
  const mapping = {
    root: { id: 'root', message: null, parent: null, children: [] },
    ...Object.fromEntries(nodes),
  }
  return {
    title: 'Deploying',
    create_time: 1_699_999_999,
    mapping,
    current_node: messages.at(-1)?.id,
    ...rest,
  }
}

test('the shown branch is read, with its title and times', async () => {
  const { rows, remarks, title, createdAt } = await readAs(
    'chatgpt',
    conversation([
      message('s', 'system', ''),
      message('u1', 'user', 'How?'),
      message('a1', 'assistant', 'Thus', {
        metadata: { model_slug: 'gpt-5', finish_details: { type: 'stop' } },
      }),
      { ...message('u2', 'user', 'Dropped'), parent: 'a1' },
      { ...message('u3', 'user', 'And then?'), parent: 'a1' },
    ]),
  )
  expect({ title, createdAt }).toEqual({ title: 'Deploying', createdAt: 1_699_999_999_000 })
  expect(remarks).toEqual(['note: messages on other branches are left out'])
  expect(rows).toEqual([
    {
      id: 'u1',
      role: 'user',
      createdAt: 1_700_000_000_500,
      parts: [{ type: 'text', text: 'How?' }],
    },
    {
      id: 'a1',
      role: 'assistant',
      createdAt: 1_700_000_000_500,
      parts: [{ type: 'text', text: 'Thus' }],
      metadata: { model: 'gpt-5', finishReason: 'stop' },
    },
    {
      id: 'u3',
      role: 'user',
      createdAt: 1_700_000_000_500,
      parts: [{ type: 'text', text: 'And then?' }],
    },
  ])
})

test('tool calls are paired with the tools’ messages, and thoughts are reasoning', async () => {
  const python = { author: { role: 'tool', name: 'python', metadata: {} } }
  const { rows, remarks } = await readAs(
    'chatgpt',
    conversation([
      message('u1', 'user', 'Add'),
      message('a1', 'assistant', {
        content_type: 'thoughts',
        thoughts: [{ summary: 'Adding', content: '1 and 1' }],
      }),
      message(
        'a2',
        'assistant',
        { content_type: 'code', language: 'unknown', text: '{"code":"1+1"}' },
        { recipient: 'python' },
      ),
      message('t1', 'tool', { content_type: 'execution_output', text: '2' }, python),
      message('a3', 'assistant', { content_type: 'reasoning_recap', content: 'Thought for 4s' }),
      message('t2', 'tool', 'unasked', { author: { role: 'tool', name: 'web' } }),
      message('a4', 'assistant', 'Two'),
    ]),
  )
  expect(rows).toHaveLength(2)
  expect(rows[1]?.parts).toMatchObject([
    { type: 'reasoning', text: 'Adding\n\n1 and 1' },
    {
      type: 'dynamic-tool',
      toolCallId: 'a2',
      toolName: 'python',
      input: { code: '1+1' },
      output: 2,
    },
    { type: 'step-start' },
    { type: 'data-chatgpt-part' },
    { toolName: 'web', output: 'unasked' },
    { type: 'step-start' },
    { type: 'text', text: 'Two' },
  ])
  expect(remarks).toHaveLength(1)
})

test('hidden messages are left out, and files missing from the export are kept as references', async () => {
  const picture = { content_type: 'image_asset_pointer', asset_pointer: 'file-service://file-1' }
  const spoken = { content_type: 'audio_transcription', text: 'Hello', direction: 'in' }
  const { rows, remarks } = await readAs(
    'chatgpt',
    conversation(
      [
        message(
          'c',
          'user',
          { content_type: 'user_editable_context', user_profile: 'An SRE' },
          { metadata: { is_visually_hidden_from_conversation: true } },
        ),
        message('u1', 'user', {
          content_type: 'multimodal_text',
          parts: [picture, spoken, 'Look'],
        }),
      ],
      { current_node: undefined },
    ),
  )
  expect(rows).toMatchObject([
    { parts: [{ type: 'data-chatgpt-part', data: picture }, { text: 'Hello' }, { text: 'Look' }] },
  ])
  expect(remarks.join()).toContain('hidden messages, such as custom instructions, are left out')
})

test('a broken conversation costs only itself', async () => {
  const good = conversation([message('u1', 'user', 'Hi')])
  const { rows, remarks } = await readAs('chatgpt', good, { title: 'Corrupted', current_node: 'a' })
  expect(rows).toHaveLength(1)
  expect(remarks).toEqual([expect.stringContaining('It is not a message in a supported format')])
  const odd = conversation([message('u1', 'user', 'Hi'), { ...message('u2', 'wizard', 'Hm') }])
  expect((await readAs('chatgpt', odd)).remarks).toEqual([
    expect.stringContaining('author.role is "wizard"'),
  ])
})
