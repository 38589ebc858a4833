import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { anyMessages, plainMessages } from './support/arbitrary-message.ts'
import { jsonLines, readItems } from './support/read-items.ts'
import { writeMessage } from '../src/formats/write-message.ts'

/** The messages of a new session after a file was imported in each of these states. */
async function imported(store: Store, texts: readonly string[]) {
  const { id: sessionId } = await store.sessions.create({ owner: 'a' })
  for (const text of texts) {
    for (const item of await readItems(text)) {
      expect(item.type).not.toBe('refused')
      if (item.type === 'conversation') await store.reconcile(sessionId, item.rows)
    }
  }
  const { messages } = await store.page(sessionId, {
    before: Number.MAX_SAFE_INTEGER,
    limit: store.limits.pageMost,
  })
  return messages.map(({ id, parts }) => ({ id, parts }))
}

/** Imports a file while it is being written, cut at each of these places, and then whole. */
async function expectSame(text: string, cuts: readonly number[]) {
  const store = await createStore({ storage: memory() })
  const places = cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b)
  const growing = await imported(store, [...places.map((place) => text.slice(0, place)), text])
  expect(growing).toEqual(await imported(store, [text]))
  await store.close()
}

const cuts = fc.array(fc.nat(5000), { maxLength: 5 })

test('a growing file of UI messages is imported like the finished file', async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, cuts, fc.boolean(), async (messages, at, withIds) => {
      const lines = messages
        .flatMap((message) => writeMessage(message, 'ui').messages)
        .map(({ id, ...line }) => (withIds ? { id, ...line } : line))
      await expectSame(jsonLines(lines), at)
    }),
  )
})

test('a growing file of OpenAI messages is imported like the finished file', async () => {
  await fc.assert(
    fc.asyncProperty(plainMessages, cuts, fc.boolean(), async (messages, at, withTimes) => {
      const lines = messages
        .flatMap((message) => writeMessage(message, 'openai').messages)
        .map(({ id: _, created_at: time, ...line }) =>
          withTimes ? { created_at: time, ...line } : line,
        )
      await expectSame(jsonLines(lines), at)
    }),
  )
})
