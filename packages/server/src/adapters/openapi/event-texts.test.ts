import { ORPCError, withEventMeta } from '@orpc/server'
import { expect, test } from 'vitest'

import { eventTexts } from './event-texts.ts'

async function read(texts: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const text of texts) all.push(text)
  return all
}

test('frames are events, with their cursor as id', async () => {
  const frames = (async function* () {
    yield { type: 'replay' }
    yield withEventMeta({ type: 'text', text: 'a\nb' }, { id: 'R.1.x' })
  })()
  expect(await read(eventTexts(frames))).toEqual([
    'data: {"type":"replay"}\n\n',
    'id: R.1.x\ndata: {"type":"text","text":"a\\nb"}\n\n',
  ])
})

test('an error of the procedure is the last event', async () => {
  const frames = (async function* () {
    yield { type: 'replay' }
    throw new ORPCError('UNAVAILABLE', { defined: true, status: 503, data: { retryAfter: 1 } })
  })()
  const [, error, ...rest] = await read(eventTexts(frames))
  expect(error).toMatch(/^event: error\ndata: \{.*"code":"UNAVAILABLE".*"retryAfter":1.*\}\n\n$/)
  expect(rest).toEqual([])
})

test('another error is thrown, so that the answer is cut', async () => {
  const frames = { next: () => Promise.reject(new TypeError('a bug')) }
  await expect(read(eventTexts(frames))).rejects.toThrow('a bug')
})

test('leaving does not wait for the next frame', async () => {
  const left = Promise.withResolvers<IteratorResult<object, void>>()
  const texts = eventTexts({
    next: () => left.promise,
    async return() {
      left.resolve({ done: true, value: undefined })
      return { done: true, value: undefined }
    },
  })[Symbol.asyncIterator]()
  const waiting = texts.next()
  await texts.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(await texts.next()).toEqual({ done: true, value: undefined })
})
