import { describe, expect, test } from 'vitest'

import { maxLineBytes } from './read-lines.ts'
import { readMessages, readTranscript } from './read-transcript.ts'
import { jsonLines, readItems, readRows } from '../../tests/support/read-items.ts'

const hi = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
const chatHi = { role: 'user', content: 'Hi' }
const chatCall = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }],
}

test('a bad line is refused by its number, and the others are read', async () => {
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
    {
      type: 'refused',
      line: 3,
      message: 'messages.0: the message is 1; it must be an object.',
    },
    { type: 'refused', line: 4, message: 'the message is "Hi"; it must be an object.' },
    {
      type: 'refused',
      line: 5,
      message: 'role is "wizard"; it must be "system", "user" or "assistant".',
    },
    { type: 'conversation', line: 1, format: 'ui', rows: [hi, hi] },
  ])
})

test('a line that is not UTF-8, nested too deeply or too long is refused', async () => {
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
    { type: 'conversation', line: 4, format: 'openai', rows: [hi] },
  ])
})

test('a byte order mark is skipped', async () => {
  expect(await readRows(`\uFEFF${jsonLines([hi])}`)).toEqual([[hi]])
})

test('a file without messages has no conversation', async () => {
  expect(await readItems('')).toEqual([])
  expect(await readItems('\n\n')).toEqual([])
})

describe('the format', () => {
  test('is that of the first message that reveals it, also for the messages before', async () => {
    const said = { role: 'user', content: 'Hi' }
    const items = await readItems([{}, said, hi])
    expect(items).toEqual([
      {
        type: 'refused',
        line: 1,
        message: expect.stringMatching(/^It is not a message in a supported format/),
      },
      { type: 'conversation', line: 1, format: 'ui', rows: [hi, hi] },
    ])
  })

  test.each([
    [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] }, 'anthropic'],
    [{ role: 'assistant', content: '', toolInvocations: [] }, 'ai-sdk-4'],
    [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }, 'responses'],
    [{ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a' }] }, 'model'],
    [{ type: 'human', data: { content: 'Hi' } }, 'langchain'],
    [{ from: 'human', value: 'Hi' }, 'sharegpt'],
    [{ messageId: 'a', isCreatedByUser: true, text: 'Hi' }, 'librechat'],
    [{ type: 'user', uuid: 'a', sessionId: 's', message: { content: 'Hi' } }, 'claude-code'],
    [chatCall, 'openai'],
  ])('of a message among messages of another format is named: %j', async (message, format) => {
    const own = format === 'openai' ? hi : chatCall
    const items = await readItems([own, message])
    expect(items[0]).toEqual({
      type: 'refused',
      line: 2,
      message: expect.stringMatching(new RegExp(`^It is in the format ${format} \\(`)),
    })
  })

  test('is refused for a file in no supported format', async () => {
    for (const value of [
      { role: 'model', parts: [{ text: 'Hi' }] },
      { text: 'Hi' },
      { prompt: 'a' },
    ]) {
      const items = await readItems([value, value])
      expect(items.map(({ type }) => type)).toEqual(['refused', 'refused'])
      expect(items[0]).toMatchObject({
        message: expect.stringContaining('not a message in a supported format'),
      })
    }
  })

  test('keeps an empty message', async () => {
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

  test('can be given', async () => {
    const [item] = await readItems([hi], { format: 'openai' })
    expect(item).toMatchObject({
      type: 'refused',
      message: 'content is missing; it must be a string or an array.',
    })
  })
})

describe('an unterminated last line', () => {
  const torn = jsonLines([chatHi, { role: 'assistant', content: 'Hello' }]).slice(0, -5)

  test('may still grow when it is not JSON yet', async () => {
    expect(await readItems(torn)).toEqual([
      { type: 'torn', line: 2 },
      { type: 'conversation', line: 1, format: 'openai', rows: [hi] },
    ])
  })

  test('is refused when the file is final or the line is complete', async () => {
    expect((await readItems(torn, { final: true }))[0]).toMatchObject({ type: 'refused', line: 2 })
    expect(await readItems('{}')).toMatchObject([{ type: 'refused', line: 1 }])
  })

  test('is read when it is complete', async () => {
    expect(await readRows(JSON.stringify(chatHi))).toEqual([[hi]])
  })

  test('may be cut inside a character', async () => {
    async function* file() {
      yield Buffer.from(JSON.stringify({ role: 'user', content: '🙂' })).subarray(0, -4)
    }
    const items = []
    for await (const item of readTranscript(file())) items.push(item)
    expect(items).toEqual([{ type: 'torn', line: 1 }])
  })
})

describe('a line that is a conversation', () => {
  test('is one conversation, in either format', async () => {
    expect(await readRows([{ messages: [chatHi, chatHi] }, { messages: [chatHi] }])).toEqual([
      [hi, hi],
      [hi],
    ])
    expect(await readItems([{ title: 'T', id: 'x', messages: [hi] }])).toEqual([
      { type: 'conversation', line: 1, format: 'ui', title: 'T', rows: [hi] },
    ])
  })

  test('loses only its bad messages', async () => {
    const messages = [chatHi, { role: 'user' }, chatHi]
    expect(await readItems([{ messages, model: 'm' }])).toEqual([
      { type: 'lost', line: 1, message: 'in the conversation, model is dropped' },
      {
        type: 'refused',
        line: 1,
        message: 'messages.1: content is missing; it must be a string or an array.',
      },
      { type: 'conversation', line: 1, format: 'openai', rows: [hi, hi] },
    ])
  })

  test('may be a bare array, and keeps its title, time and system prompt', async () => {
    expect(await readRows([[chatHi, chatHi], [hi]])).toEqual([[hi, hi], [hi]])
    const conversation = { name: 'N', created_at: 5, system: 'Be kind', messages: [chatHi] }
    expect(await readItems([conversation])).toEqual([
      {
        type: 'conversation',
        line: 1,
        format: 'openai',
        title: 'N',
        createdAt: 5000,
        rows: [{ role: 'system', parts: [{ type: 'text', text: 'Be kind' }] }, hi],
      },
    ])
  })
})

describe('a file that is one value', () => {
  const said = [chatHi, { role: 'assistant', content: 'a "[{,}]" \\\\ \\" b' }, chatHi]
  const rows = [hi, { role: 'assistant', parts: [{ type: 'text', text: said[1]!.content }] }, hi]

  test.each([
    ['an array in one line', JSON.stringify(said)],
    [
      'an array with a message in each line',
      `[\n${said.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`,
    ],
    ['an indented array', JSON.stringify(said, null, 2)],
    ['an array after white space', `\uFEFF \n\t${JSON.stringify(said, null, '\t')}`],
    ['an indented object', JSON.stringify({ messages: said }, null, 2)],
    ['an object in one line', JSON.stringify({ messages: said })],
  ])('is read completely as %s', async (_, text) => {
    expect(await readRows(text)).toEqual([rows])
    // Wherever the bytes are cut.
    for (const size of [1, 7, 64]) {
      const items = []
      for await (const item of readTranscript(inPieces(text, size))) items.push(item)
      expect(items).toMatchObject([{ type: 'conversation', rows }])
    }
  })

  test('names a bad element and the line where it begins', async () => {
    const items = await readItems(
      '[\n{"role":"user","content":"Hi"},\n{"role" 5},\n\n {"role":"user"}\n]',
    )
    expect(items).toEqual([
      { type: 'refused', line: 3, message: expect.stringMatching(/^It is not JSON/) },
      {
        type: 'refused',
        line: 5,
        message: '[2]: content is missing; it must be a string or an array.',
      },
      { type: 'conversation', line: 2, format: 'openai', rows: [hi] },
    ])
  })

  test('may end in the middle and still grow', async () => {
    const cut = JSON.stringify(said).slice(0, -20)
    expect((await readItems(cut)).map(({ type }) => type)).toEqual(['torn', 'conversation'])
    expect((await readItems(cut, { final: true })).map(({ type }) => type)).toEqual([
      'refused',
      'conversation',
    ])
  })

  test('has one conversation for each array or object of messages', async () => {
    expect(
      await readRows('[{"role":"user","content":"Hi"}]\n[{"role":"user","content":"Hi"}]\n'),
    ).toEqual([[hi], [hi]])
    expect(
      await readRows(JSON.stringify([{ messages: said }, { messages: [chatHi] }], null, 1)),
    ).toEqual([rows, [hi]])
    expect(await readItems('[]')).toEqual([])
  })

  test.each([
    ['after an array', '[{"role":"user","content":"Hi"}] garbage', [1]],
    ['between arrays', '[]\n garbage, "a\n[{"role":"user","content":"Hi"}]', [2]],
    ['a bracket too many', '[]]\n[{"role":"user","content":"Hi"}]\n}\n]', [1, 3, 4]],
    ['a value that is no array', '[{"role":"user","content":"Hi"}]\n5\n\n"Hi"\n', [2, 4]],
  ])('has bytes outside its arrays refused by their line: %s', async (_, text, lines) => {
    for (const size of [1, 7, 1_000]) {
      const items = []
      for await (const item of readTranscript(inPieces(text, size))) items.push(item)
      const refused = items.filter(({ type }) => type !== 'conversation')
      expect(refused).toEqual(
        lines.map((line) => ({
          type: 'refused',
          line,
          message: 'It is outside the arrays of the file.',
        })),
      )
      expect(items.filter(({ type }) => type === 'conversation')).toMatchObject([{ rows: [hi] }])
    }
  })

  test('may be larger than a line, but no element may exceed the limit', async () => {
    const long = { role: 'user', content: 'x'.repeat(maxLineBytes + 1) }
    const [item] = await readItems(JSON.stringify({ title: 'T', messages: [long, chatHi] }))
    expect(item).toMatchObject({ type: 'refused', message: expect.stringContaining('at most') })
    const items = await readItems(
      JSON.stringify([chatHi, { ...chatHi, content: 'x'.repeat(99) }, chatHi]),
      { maxBytes: 90 },
    )
    expect(items).toMatchObject([
      { type: 'refused', message: 'It is longer than 90 bytes.' },
      { rows: [hi, hi] },
    ])
  })
})

test('parsed values are read like their text', () => {
  expect(readMessages([chatHi, chatHi])).toEqual([
    { type: 'conversation', line: 1, format: 'openai', rows: [hi, hi] },
  ])
  expect(readMessages([{ messages: [hi] }, { messages: [chatHi] }])).toMatchObject([
    { format: 'ui', rows: [hi] },
    { format: 'openai', rows: [hi] },
  ])
})

test('a last row that may still grow is incomplete, unless the file is final', async () => {
  const growing = { role: 'assistant', parts: [{ type: 'text', text: 'He', state: 'streaming' }] }
  expect(await readRows([growing])).toEqual([[{ ...growing, complete: false }]])
  expect(await readRows([growing], { final: true })).toEqual([[growing]])
})

test('an error of the source is passed on', async () => {
  async function* file() {
    yield Buffer.from(jsonLines([hi]))
    throw new Error('The disk is gone')
  }
  const read = async () => {
    for await (const _ of readTranscript(file()));
  }
  await expect(read()).rejects.toThrow('The disk is gone')
})

test('a conversation that exceeds the limit is an error', async () => {
  const lines = [{ messages: [hi, hi] }, hi, hi, hi]
  const size = JSON.stringify(hi).length
  expect(await readItems(lines, { maxBytes: 3 * size })).toHaveLength(2)
  await expect(readItems(lines, { maxBytes: 3 * size - 1 })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    data: { limit: 3 * size - 1 },
  })
})

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
