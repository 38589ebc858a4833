import { part as partSchema } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { readItems, readRows } from '../../../tests/support/read-items.ts'

/** Reads one part of an assistant's message. */
async function readPart(part: unknown) {
  const items = await readItems([{ role: 'assistant', parts: [part] }])
  const notes = items.flatMap((item) => ('message' in item ? [item.message] : []))
  const rows = items.flatMap((item) => (item.type === 'conversation' ? item.rows : []))
  const found = rows[0]?.parts[0]
  expect(partSchema.optional().parse(found)).toEqual(found)
  return { part: found, notes, complete: rows[0]?.complete !== false }
}

describe('a part', () => {
  const call = { toolCallId: 'c1', input: { a: 1 } }

  test.each([
    { type: 'text', text: 'Hi', state: 'done', providerMetadata: { some: { id: 'x' } } },
    { type: 'reasoning', text: 'Hm' },
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==', filename: 'a.png' },
    { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'T' },
    { type: 'source-document', sourceId: 's', mediaType: 'application/pdf', title: 'T' },
    { type: 'reasoning-file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
    { type: 'custom', kind: 'acme.card', providerMetadata: { acme: { n: 1 } } },
    { type: 'step-start' },
    { type: 'data-weather', id: 'w', data: { degrees: 3 } },
    { ...call, type: 'dynamic-tool', toolName: 't', state: 'output-available', output: [1] },
    { ...call, type: 'dynamic-tool', toolName: 't', state: 'output-error', errorText: 'No' },
    {
      ...call,
      type: 'dynamic-tool',
      toolName: 't',
      state: 'output-denied',
      approval: { id: 'a', approved: false, reason: 'No' },
    },
  ])('of the type $type stays as it is', async (part) => {
    expect(await readPart(part)).toEqual({ part, notes: [], complete: true })
  })

  test('of a tool-NAME type becomes a dynamic tool of that name', async () => {
    const { part, notes } = await readPart({
      ...call,
      type: 'tool-get-weather',
      state: 'output-available',
      output: 3,
    })
    expect(part).toEqual({
      ...call,
      type: 'dynamic-tool',
      toolName: 'get-weather',
      state: 'output-available',
      output: 3,
    })
    expect(notes).toEqual([])
  })

  test('without input, output or raw input has null or an empty string there', async () => {
    const tool = { type: 'tool-t', toolCallId: 'c1' }
    expect((await readPart({ ...tool, state: 'output-available' })).part).toMatchObject({
      input: null,
      output: null,
    })
    expect((await readPart({ ...tool, state: 'input-streaming' })).part).toMatchObject({
      rawInput: '',
    })
    expect(
      (await readPart({ ...tool, state: 'input-streaming', input: { a: 1 } })).part,
    ).toMatchObject({ rawInput: '{"a":1}' })
    expect(
      (await readPart({ ...tool, state: 'output-error', errorText: 'E', rawInput: '{' })).part,
    ).toMatchObject({ input: '{' })
  })

  test('of an unknown type is kept as a data part', async () => {
    const later = { type: 'later', kind: 'acme.card', providerMetadata: { acme: { n: 1 } } }
    expect(await readPart(later)).toEqual({
      part: { type: 'data-ui-part', data: later },
      notes: [
        'a part of type later has no counterpart and is kept as data-ui-part, which is not shown',
      ],
      complete: true,
    })
  })

  test('with unknown members is kept without them', async () => {
    const text = { type: 'text', text: 'Hi' }
    expect(await readPart({ ...text, rating: 5, later: [] })).toEqual({
      part: text,
      notes: ['in text parts, rating is dropped'],
      complete: true,
    })
  })

  test.each([
    [{ type: 'text', text: 5 }, /^parts\.0\.text: .*received number \(5\)$/],
    [{ type: 'file', mediaType: 'a/b' }, /^parts\.0\.url: .* \(undefined\)$/],
    [{ type: 'tool-t', state: 'odd', toolCallId: 'c' }, /^parts\.0\.state: .* \(odd\)$/],
    [{ type: 'data-x' }, /^parts\.0\.data: /],
    [
      { text: 'Hi' },
      /^It is not a message in a supported format .* Gemini contents are not supported/,
    ],
    ['Hi', 'parts.0 is "Hi"; it must be an object.'],
  ])('that is invalid refuses the line: %o', async (part, message) => {
    const items = await readItems([{ role: 'user', parts: [part] }])
    expect(items).toEqual([{ type: 'refused', line: 1, message: expect.stringMatching(message) }])
  })
})

test.each([
  [{ type: 'text', text: 'He', state: 'streaming' }],
  [{ type: 'tool-t', toolCallId: 'c', state: 'input-streaming', rawInput: '{' }],
  [{ type: 'tool-t', toolCallId: 'c', state: 'input-available', input: {} }],
  [
    {
      type: 'tool-t',
      toolCallId: 'c',
      state: 'approval-requested',
      input: {},
      approval: { id: 'a' },
    },
  ],
])('an answer with %o may still grow', async (part) => {
  expect((await readPart(part)).complete).toBe(false)
})

test('a finished answer does not grow, whatever state its parts are in', async () => {
  const part = { type: 'text', text: 'He', state: 'streaming' }
  const metadata = { finishReason: 'interrupted' }
  const [[row] = []] = await readRows([{ role: 'assistant', parts: [part], metadata }])
  expect(row).toEqual({ role: 'assistant', parts: [part], metadata })
})

test('ids are kept, and an empty one counts as absent', async () => {
  const [rows = []] = await readRows([
    { id: 'a.b', role: 'user', parts: [] },
    { id: '', role: 'user', parts: [] },
  ])
  expect(rows.map(({ id }) => id)).toEqual(['a.b', undefined])
})

describe('metadata', () => {
  async function read(message: object) {
    const items = await readItems([{ role: 'user', parts: [], ...message }])
    const notes = items.flatMap((item) => ('message' in item ? [item.message] : []))
    const rows = items.flatMap((item) => (item.type === 'conversation' ? item.rows : []))
    return { row: rows[0], notes }
  }

  test.each([
    [{ metadata: { createdAt: 1_700_000_000_123 } }],
    [{ metadata: { createdAt: '2023-11-14T22:13:20.123Z' } }],
    [{ createdAt: '2023-11-14T22:13:20.123Z' }],
  ])('gives the time: %o', async (message) => {
    expect(await read(message)).toEqual({
      row: { role: 'user', parts: [], createdAt: 1_700_000_000_123 },
      notes: [],
    })
  })

  test('without a place here is kept as foreign', async () => {
    const known = { model: 'm', usage: { inputTokens: 3 }, finishReason: 'stop', finishedAt: 5 }
    const others = { runId: 'r', boundary: {}, thinkingLevel: 5, constructor: 1, theme: 'dark' }
    const { row, notes } = await read({ metadata: { ...known, ...others } })
    const { boundary: _, ...foreign } = others
    expect(row?.metadata).toEqual({ ...known, foreign })
    expect(notes).toEqual([])
  })

  test('of the host is kept, as far as it is an object of at most 16 KiB', async () => {
    const custom = { rating: 5, tags: ['a'] }
    expect(await read({ metadata: { custom } })).toEqual({
      row: { role: 'user', parts: [], metadata: { custom } },
      notes: [],
    })
    const { row } = await read({ metadata: { custom: 'x' } })
    expect(row?.metadata).toEqual({ foreign: { custom: 'x' } })
    const large = { label: 'x'.repeat(16 * 1024) }
    expect(await read({ metadata: { custom: large } })).toEqual({
      row: { role: 'user', parts: [] },
      notes: ['custom is dropped'],
    })
  })

  test.each(['yesterday', '1', -5, true])('with the time %s has none', async (createdAt) => {
    expect(await read({ metadata: { createdAt } })).toEqual({
      row: { role: 'user', parts: [], metadata: { foreign: { createdAt } } },
      notes: [],
    })
  })
})

test('members without a place are kept up to 16 KiB, and the others are reported', async () => {
  const metadata = { small: 'x', large: 'x'.repeat(16_384), later: [1], empty: [] }
  const items = await readItems([{ role: 'user', parts: [], metadata }])
  expect(items).toEqual([
    { type: 'lost', line: 1, message: 'large is dropped' },
    { type: 'lost', line: 1, message: 'later is dropped' },
    expect.objectContaining({
      rows: [{ role: 'user', parts: [], metadata: { foreign: { small: 'x' } } }],
    }),
  ])
})

test('the content of a message without parts is its text', async () => {
  const plain = { role: 'user', content: 'Hi', createdAt: 5 }
  const [rows] = await readRows([plain, { role: 'assistant', parts: [] }])
  expect(rows?.[0]).toEqual({ role: 'user', parts: [{ type: 'text', text: 'Hi' }], createdAt: 5 })
})

test('too many or too large parts refuse the line', async () => {
  const parts = Array.from({ length: 1001 }, () => ({ type: 'text', text: '' }))
  expect(await readItems([{ role: 'user', parts }])).toEqual([
    {
      type: 'refused',
      line: 1,
      message: 'The message has 1001 parts; at most 1000 are allowed.',
    },
  ])
  const data = `[${'1e20,'.repeat(1_000_000)}0]`
  const line = `{"role":"user","parts":[{"type":"data-x","data":${data}}]}`
  expect(await readItems(line)).toEqual([
    { type: 'refused', line: 1, message: expect.stringMatching(/^The message has 2200\d+ bytes/) },
  ])
})
