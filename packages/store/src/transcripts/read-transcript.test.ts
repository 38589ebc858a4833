import { describe, expect, test } from 'vitest'

import { maxLineBytes } from './read-lines.ts'
import { readTranscript } from './read-transcript.ts'
import { jsonLines, readItems, readRows } from './testing/read-items.ts'

const hi = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
const chatHi = { role: 'user', content: 'Hi' }

test('a bad line is named by its number, and the others are read', async () => {
  const lines = [
    JSON.stringify(hi),
    '{"role":"user"',
    '[1]',
    '"Hi"',
    '{"role":"wizard","parts":[]}',
    '',
    '  ',
    JSON.stringify(hi),
  ]
  expect(await readItems(`${lines.join('\r\n')}\n`)).toEqual([
    { type: 'refused', line: 2, message: expect.stringMatching(/^It is not JSON: /) },
    { type: 'refused', line: 3, message: 'the message is [1]; it must be an object.' },
    { type: 'refused', line: 4, message: 'the message is "Hi"; it must be an object.' },
    {
      type: 'refused',
      line: 5,
      message: 'role is "wizard"; it must be "system", "user" or "assistant".',
    },
    { type: 'conversation', line: 1, rows: [hi, hi] },
  ])
})

test('what is not UTF-8, nested too deeply or too long is refused by its line', async () => {
  async function* file() {
    yield Buffer.from([0xff, 0x0a])
    yield Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}\n`)
    const start = '{"role":"user","content":"'
    yield Buffer.from(`${start}${'x'.repeat(maxLineBytes - start.length - 1)}"}\n`)
    yield Buffer.from(`${JSON.stringify(chatHi)}\n`)
  }
  const items = []
  for await (const item of readTranscript(file())) items.push(item)
  expect(items).toEqual([
    { type: 'refused', line: 1, message: 'It is not UTF-8.' },
    { type: 'refused', line: 2, message: 'It is nested deeper than 500 levels.' },
    { type: 'refused', line: 3, message: 'It is longer than 16777216 bytes.' },
    { type: 'conversation', line: 4, rows: [hi] },
  ])
})

test('a byte order mark is passed over', async () => {
  expect(await readRows(`\uFEFF${jsonLines([hi])}`)).toEqual([[hi]])
})

test('a file without messages has no conversation', async () => {
  expect(await readItems('')).toEqual([])
  expect(await readItems('\n\n')).toEqual([])
})

describe('the format', () => {
  test('is that of the first line that can be read', async () => {
    const items = await readItems([{}, { content: 5 }, hi, chatHi])
    expect(items.map(({ type, line }) => [type, line])).toEqual([
      ['refused', 1],
      ['refused', 2],
      ['refused', 4],
      ['conversation', 3],
    ])
  })

  test.each([
    [
      'another',
      [chatHi, { id: 'x', role: 'assistant', parts: hi.parts }],
      'parts is not read in this format, and there is nothing else in the message.',
    ],
    [
      'another, with an empty content',
      [chatHi, { role: 'user', content: '', parts: hi.parts }],
      'parts is not read in this format, and there is nothing else in the message.',
    ],
    [
      'another, without parts that say anything',
      [hi, { role: 'user', content: 'Hi', parts: [] }],
      'content is not read in this format, and there is nothing else in the message.',
    ],
    [
      'none',
      [chatHi, { role: 'assistant', text: 'Hello' }],
      'content is missing; it must be a text or a list.',
    ],
    [
      'an older version',
      [chatHi, { role: 'assistant', content: null, function_call: { name: 'f' } }],
      'function_call is not read in this format, and there is nothing else in the message.',
    ],
  ])('refuses a line of %s, of which nothing would be kept', async (_, lines, message) => {
    expect(await readItems(lines)).toEqual([
      { type: 'refused', line: 2, message },
      { type: 'conversation', line: 1, rows: [hi] },
    ])
  })

  test('keeps a message that says nothing', async () => {
    const empty = { role: 'assistant', parts: [] }
    for (const said of [
      { content: '', model: 'm' },
      { content: null },
      { content: '', parts: [] },
    ]) {
      const items = await readItems([chatHi, { role: 'assistant', ...said }])
      expect(items.find(({ type }) => type === 'conversation')).toMatchObject({ rows: [hi, empty] })
    }
  })

  test('can be told', async () => {
    const [item] = await readItems([hi], { format: 'openai' })
    expect(item).toMatchObject({
      type: 'refused',
      message: 'content is missing; it must be a text or a list.',
    })
  })
})

describe('a last line without an end', () => {
  const torn = jsonLines([chatHi, { role: 'assistant', content: 'Hello' }]).slice(0, -5)

  test('may still grow when it is not JSON yet', async () => {
    expect(await readItems(torn)).toEqual([
      { type: 'torn', line: 2 },
      { type: 'conversation', line: 1, rows: [hi] },
    ])
  })

  test('is bad when the file is final, or when it is whole', async () => {
    expect((await readItems(torn, { final: true }))[0]).toMatchObject({ type: 'refused', line: 2 })
    expect(await readItems('{}')).toMatchObject([{ type: 'refused', line: 1 }])
  })

  test('is read when it is whole', async () => {
    expect(await readRows(JSON.stringify(chatHi))).toEqual([[hi]])
  })

  test('may be cut within a character', async () => {
    async function* file() {
      yield Buffer.from(JSON.stringify({ role: 'user', content: '🙂' })).subarray(0, -4)
    }
    const items = []
    for await (const item of readTranscript(file())) items.push(item)
    expect(items).toEqual([{ type: 'torn', line: 1 }])
  })
})

describe('a line with a conversation of its own', () => {
  test('gives one for each line, in either format', async () => {
    expect(await readRows([{ messages: [chatHi, chatHi] }, { messages: [chatHi] }])).toEqual([
      [hi, hi],
      [hi],
    ])
    expect(await readItems([{ title: 'T', id: 'x', messages: [hi] }])).toEqual([
      { type: 'conversation', line: 1, title: 'T', rows: [hi] },
    ])
  })

  test('loses only the messages that are bad', async () => {
    expect(await readItems([{ messages: [chatHi, { role: 'user' }, chatHi], model: 'm' }])).toEqual(
      [
        {
          type: 'refused',
          line: 1,
          message: 'messages.1: content is missing; it must be a text or a list.',
        },
        { type: 'conversation', line: 1, rows: [hi, hi] },
        { type: 'note', line: 1, message: 'model is not kept' },
      ],
    )
  })
})

test('a last row that may grow says so, unless the file is final', async () => {
  const growing = { role: 'assistant', parts: [{ type: 'text', text: 'He', state: 'streaming' }] }
  expect(await readRows([growing])).toEqual([[{ ...growing, complete: false }]])
  expect(await readRows([growing], { final: true })).toEqual([[{ ...growing, complete: true }]])
})

test('what the source throws comes through', async () => {
  async function* file() {
    yield Buffer.from(jsonLines([hi]))
    throw new Error('The disk is gone')
  }
  const read = async () => {
    for await (const _ of readTranscript(file()));
  }
  await expect(read()).rejects.toThrow('The disk is gone')
})

test('a conversation that is too large to be held is an error', async () => {
  const lines = [{ messages: [hi, hi] }, hi, hi, hi]
  const size = JSON.stringify(hi).length
  expect(await readItems(lines, { maxBytes: 3 * size })).toHaveLength(2)
  await expect(readItems(lines, { maxBytes: 3 * size - 1 })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    data: { limit: 3 * size - 1 },
  })
})
