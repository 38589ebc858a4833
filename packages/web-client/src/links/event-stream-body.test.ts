import { ErrorEvent, getEventMeta } from '@orpc/client'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { framesOf } from './event-stream-body.ts'

/** A body that gives these chunks and then ends, or waits for its end if `open`. */
function bodyOf(chunks: readonly Uint8Array[], { open = false } = {}) {
  const state = { cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      if (!open) controller.close()
    },
    cancel: () => void (state.cancelled = true),
  })
  return { body, state }
}

const encoder = new TextEncoder()

async function readAll(chunks: readonly Uint8Array[]) {
  const read: { id: string | undefined; frame: unknown }[] = []
  for await (const frame of framesOf(bodyOf(chunks).body)) {
    read.push({ id: getEventMeta(frame)?.id, frame: { ...(frame as object) } })
  }
  return read
}

// Line and paragraph separators are not line ends here, and need no escape in JSON.
const text = 'Grüße \u2028 👩‍👩‍👧 \\n: data: x'
const stream = [
  ':',
  '',
  ': keep-alive',
  '',
  `data: ${JSON.stringify({ json: { type: 'replay', text } })}`,
  '',
  'event: message',
  'id: c1',
  'data: {"json":',
  'data:  {"type":"events"}}',
  '',
  'retry: 7',
  'whatever',
  'id:c2',
  'data:{"json":{"n":2}}',
  '',
  'data: {"json":{"n":3}}',
  '',
  'event: done',
  'data: {}',
  '',
  'data: {"json":"never read"}',
  '',
]
const expected = [
  { id: undefined, frame: { json: { type: 'replay', text } } },
  { id: 'c1', frame: { json: { type: 'events' } } },
  { id: 'c2', frame: { json: { n: 2 } } },
  { id: undefined, frame: { json: { n: 3 } } },
]

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])(
  'frames and their ids are read up to `done`, with %s, wherever the chunks end',
  async (_, end) => {
    const whole = encoder.encode(stream.join(end) + end)
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(await readAll([whole.slice(0, cut), whole.slice(cut)])).toEqual(expected)
    }
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const sorted = [0, ...places.sort((a, b) => a - b), whole.length]
        const chunks = sorted.slice(1).map((place, index) => whole.slice(sorted[index], place))
        expect(await readAll(chunks)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  },
)

test('an error event is an error with its data, and what breaks off ends without one', async () => {
  const error = encoder.encode('event: error\ndata: {"json":{"code":"NOT_FOUND"}}\n\n')
  const thrown = await readAll([error]).catch((cause: unknown) => cause)
  expect(thrown).toBeInstanceOf(ErrorEvent)
  expect(thrown).toMatchObject({ data: { json: { code: 'NOT_FOUND' } } })
  const broken = await readAll([encoder.encode('data: {"json":1}\n\ndata: {"json":2}\n')])
  expect(broken).toHaveLength(1)
})

test('a reader that leaves ends the response at once, also while it waits', async () => {
  const { body, state } = bodyOf([encoder.encode('data: {"json":1}\n\n')], { open: true })
  const frames = framesOf(body)
  expect(await frames.next()).toEqual({ done: false, value: { json: 1 } })
  const waiting = frames.next()
  await frames.return()
  expect(state.cancelled).toBe(true)
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test('a frame of 8 MB in small chunks is read in a time that grows with its length alone', async () => {
  const frame = { json: 'x'.repeat(8_000_000) }
  const whole = encoder.encode(`data: ${JSON.stringify(frame)}\n\n`)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += 4_096) chunks.push(whole.slice(at, at + 4_096))
  const begun = performance.now()
  expect(await readAll(chunks)).toEqual([{ id: undefined, frame }])
  // Searching everything again with each chunk takes several seconds.
  expect(performance.now() - begun).toBeLessThan(2_000)
})
