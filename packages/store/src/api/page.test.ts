import type { Page } from '@caughtup/schema'
import { expect, test } from 'vitest'

import { prompt } from '../conformance/support/drafts.ts'
import { openTestStore } from '../../tests/support/open-test-store.ts'

async function fiveOf(bytes: number, pageBytes: number) {
  const { store } = await openTestStore({ limits: { pageBytes } })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  for (let order = 1; order <= 5; order++) {
    await store.append({ sessionId, drafts: [prompt(`m${order}`, 'x'.repeat(bytes))] })
  }
  return { store, sessionId }
}

test('a page ends at `pageBytes`, and the next one continues from there', async () => {
  const { store, sessionId } = await fiveOf(1_000, 3_000)
  const seen: number[][] = []
  for (let before: number | undefined = 6; before !== undefined;) {
    const page: Page = await store.page(sessionId, { before })
    seen.unshift(page.messages.map(({ order }) => order))
    before = page.nextCursor?.before
  }
  expect(seen).toEqual([[1], [2, 3], [4, 5]])
})

test('a page after an order ends at `pageBytes`, and the next one continues from there', async () => {
  const { store, sessionId } = await fiveOf(1_000, 3_000)
  const seen: number[][] = []
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: Page = await store.page(sessionId, { after })
    seen.push(page.messages.map(({ order }) => order))
    after = page.newerCursor?.after
  }
  expect(seen).toEqual([[1, 2], [3, 4], [5]])
})

test('a page around a message has it, whatever else fits, and is not found without it', async () => {
  const { store, sessionId } = await fiveOf(1_000, 500)
  const page = await store.page(sessionId, { around: 'm3', limit: 4 })
  expect(page).toMatchObject({
    messages: [{ order: 3 }],
    nextCursor: { before: 3 },
    newerCursor: { after: 3 },
  })
  const missing = store.page(sessionId, { around: 'm6' })
  await expect(missing).rejects.toMatchObject({
    code: 'NOT_FOUND',
    data: { field: 'messageId', value: 'm6' },
  })
})

test('a message larger than `pageBytes` is a page by itself', async () => {
  const { store, sessionId } = await fiveOf(1_000, 500)
  const page = await store.page(sessionId)
  expect(page).toMatchObject({
    messages: [{ order: 5 }],
    nextCursor: { before: 5 },
    hasOlder: true,
  })
})

test('a list of entries ends at `pageBytes`, and says where the next one starts', async () => {
  const { store, sessionId } = await fiveOf(1_000, 3_000)
  const oldest = await store.journal.list(sessionId)
  expect([oldest.events.length, oldest.nextCursor]).toEqual([2, 2])
  const newest = await store.journal.list(sessionId, { from: 'newest' })
  expect([newest.events.length, newest.nextCursor]).toEqual([2, 4])
})
