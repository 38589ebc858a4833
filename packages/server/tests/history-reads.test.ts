import { type EventDraft, type Limits, type Page, page as pageSchema } from '@caughtup/schema'
import type { Store } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import { type Client, fetchClient, openTestServer, serveTest } from './support/open-test-server.ts'

const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const

function created(id: string, text = `text of ${id}`): EventDraft {
  const parts = [{ type: 'text' as const, text }]
  const metadata = { createdAt: 1 }
  return {
    type: 'message-created',
    message: { id, role: 'user', status: 'done', parts, metadata },
  }
}

async function write(store: Store, sessionId: string, ...drafts: EventDraft[]) {
  for (const draft of drafts) {
    const { refused } = await store.append({ sessionId, drafts: [draft] })
    expect(refused).toBeUndefined()
  }
}

/** A server on a port, with clients that speak HTTP with it. */
async function open(limits: Partial<Limits> = {}) {
  const { store, chat } = await openTestServer({ limits })
  const { url } = await serveTest(chat)
  const client = (principal = 'me') => fetchClient(fetch, principal, `${url}/rpc`)
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  return { store, client, sessionId }
}

const idsOf = ({ messages }: Page) => messages.map(({ id }) => id).join(' ')

/** The pages after a page, until there is none. */
async function onward(client: Client, sessionId: string, from: Page, limit?: number) {
  const pages: Page[] = []
  for (let cursor = from.newerCursor; cursor; cursor = pages.at(-1)?.newerCursor ?? null) {
    const asked = { sessionId, cursor, ...(limit !== undefined && { limit }) }
    pages.push(pageSchema.parse(await client.history.loadMore(asked)))
  }
  return pages
}

describe('a jump to a message', () => {
  /** Epochs of five, none, and four messages; an older client shows only the last. */
  async function threeEpochs() {
    const server = await open()
    const { store, sessionId } = server
    await write(store, sessionId, ...['a1', 'a2', 'a3', 'a4', 'a5'].map((id) => created(id)))
    await write(store, sessionId, reset, reset)
    await write(store, sessionId, ...['b1', 'b2', 'b3', 'b4'].map((id) => created(id)), reset)
    await write(store, sessionId, created('c1'))
    return server
  }

  test('two epochs back can be read on from, to the present and to the beginning', async () => {
    const { client, sessionId } = await threeEpochs()
    const me = client()
    const jump = await me.history.around({ sessionId, messageId: 'a3', limit: 3 })
    expect([idsOf(jump), jump.epoch, jump.hasOlder, jump.hasNewer]).toEqual([
      'a2 a3 a4',
      0,
      true,
      true,
    ])
    const later = await onward(me, sessionId, jump, 3)
    expect(later.map((page) => [idsOf(page), page.epoch])).toEqual([
      ['a5', 0],
      ['b1 b2 b3', 2],
      ['b4', 2],
      ['c1', 3],
    ])
    expect(later.at(-1)).toMatchObject({ hasNewer: false, newerCursor: null })
    const cursor = jump.nextCursor ?? { before: 0 }
    const earlier = await me.history.loadMore({ sessionId, cursor })
    expect([idsOf(earlier), earlier.hasOlder, earlier.hasNewer]).toEqual(['a1', false, true])
  })

  test('finds neither what was removed nor what is of another session', async () => {
    const { store, client, sessionId } = await threeEpochs()
    const other = await store.sessions.create({ owner: 'me' })
    await write(store, other.id, created('theirs'))
    await store.history.erase(sessionId, ['a3'])
    await store.history.truncate(sessionId)
    for (const messageId of ['a3', 'c1', 'theirs', 'nothing']) {
      await expect(client().history.around({ sessionId, messageId })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        data: { field: 'messageId', value: messageId },
      })
    }
    const around = client('you').history.around({ sessionId, messageId: 'a1' })
    await expect(around).rejects.toMatchObject({ code: 'NOT_FOUND', data: { field: 'sessionId' } })
  })

  test('has messages added meanwhile once, and skips none, whatever is removed', async () => {
    const { store, client, sessionId } = await threeEpochs()
    const jump = await client().history.around({ sessionId, messageId: 'b2', limit: 2 })
    expect(idsOf(jump)).toBe('b2 b3')
    await store.history.erase(sessionId, ['b3'])
    await write(store, sessionId, created('c2'), reset, created('d1'))
    const later = await onward(client(), sessionId, jump)
    expect(later.map(idsOf)).toEqual(['b4', 'c1 c2', 'd1'])
  })
})

test('pages in both directions end at pageBytes, and have at least one message', async () => {
  const pageBytes = 2_000
  const { store, client, sessionId } = await open({ pageBytes })
  const lengths = [100, 3_000, 800, 800, 500, 900, 100]
  const drafts = lengths.map((length, index) => created(`m${index + 1}`, 'x'.repeat(length)))
  await write(store, sessionId, ...drafts)
  const first = await client().history.around({ sessionId, messageId: 'm1', limit: 1 })
  const pages = [first, ...(await onward(client(), sessionId, first))]
  expect(pages.map(idsOf)).toEqual(['m1', 'm2', 'm3 m4', 'm5 m6 m7'])
  const middle = await client().history.around({ sessionId, messageId: 'm4' })
  expect(idsOf(middle)).toBe('m4 m5')
  for (const { messages } of [...pages, middle]) {
    if (messages.length === 1) continue
    const bytes = messages.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0)
    expect(bytes).toBeLessThanOrEqual(pageBytes)
  }
})
