import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { callOf, delta, says } from '../../../tests/support/models/model-server.ts'
import { responseEvents, sse, streamOf } from '../../../tests/support/models/openai-events.ts'
import { fromChatCompletions } from './from-chat-completions.ts'
import { fromResponses } from './from-responses.ts'
import { mostCharacters } from './provider-error.ts'
import type { ProviderStream } from './provider-events.ts'

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

const chatChunks = [
  delta({ reasoning_content: 'Grüße' }),
  callOf('a', 'look', { at: '世界' }),
  ...says('👋 to\nyou\u2028all'),
].filter((chunk) => typeof chunk === 'object' && chunk !== null)
const apis: [string, readonly object[], (stream: ProviderStream) => AsyncIterable<unknown>][] = [
  ['Responses', responseEvents, fromResponses],
  ['chat completions', chatChunks, fromChatCompletions],
]

describe.each(apis)('of %s', (_, events, read) => {
  test('the parts are the same however its bytes are cut, and whatever ends its lines', async () => {
    const expected = await all(read(streamOf(events)))
    const lines = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat(6_000), { maxLength: 40 }), async (line, cuts) => {
        const text = events
          .map((event) => [': alive', 'event: x', `data: ${JSON.stringify(event)}`, ''].join(line))
          .join(line)
        const bytes = sse(`${text}${line}data: [DONE]${line}${line}`, cuts)
        expect(await all(read(streamOf(bytes)))).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('a response, its body and a promise of it are read alike', async () => {
    const expected = await all(read(streamOf(events)))
    const text = events.map((event) => `data:${JSON.stringify(event)}\n\n`).join('')
    expect(await all(read(new Response(text)))).toEqual(expected)
    expect(await all(read(new Response(text).body!))).toEqual(expected)
    expect(await all(read(Promise.resolve(new Response(text))))).toEqual(expected)
  })

  test('bytes that end anywhere before the end are no answer', async () => {
    const last = events.findLastIndex((event) => JSON.stringify(event).includes('"stop"'))
    const whole = last === -1 ? events : events.slice(0, last + 1)
    const text = whole.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    const { length } = new TextEncoder().encode(text)
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), async (at) => {
        const bytes = [...sse(text, [at])].slice(0, 1)
        await expect(all(read(streamOf(bytes)))).rejects.toMatchObject({ code: 'cut-off' })
      }),
      { numRuns: 100 },
    )
  })

  test('what is not JSON, not an object or too large is an error that says so', async () => {
    const of = (...lines: string[]) => all(read(streamOf(sse(lines.join('\n')))))
    await expect(of('data: {', '', '')).rejects.toMatchObject({ code: 'malformed' })
    await expect(of('data: 1', '', '')).rejects.toMatchObject({ code: 'malformed' })
    const piece = new Uint8Array(1024 * 1024).fill(97)
    const endless = function* () {
      yield new TextEncoder().encode('data: ')
      for (let n = 0; n <= mostCharacters / piece.length; n++) yield piece
      throw new Error('It was read on.')
    }
    await expect(all(read(streamOf(endless())))).rejects.toMatchObject({ code: 'too-large' })
  })

  test('a response that is refused is an error with its status', async () => {
    const response = new Response('{"error":{"message":"No key."}}', { status: 401 })
    await expect(all(read(response))).rejects.toMatchObject({
      code: 'failed',
      status: 401,
      message: expect.stringContaining('No key.'),
    })
  })

  test('ends with whoever reads it', async () => {
    let ended = false
    const source = async function* () {
      try {
        yield* events
      } finally {
        ended = true
      }
    }
    for await (const part of read(source())) if (part) break
    expect(ended).toBe(true)
  })
})
