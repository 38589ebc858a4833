import { expect, test } from 'vitest'

import { openTestStore, testDatabase } from '../../tests/support/open-test-store.ts'
import { testEngine, withCalls } from '../../tests/support/test-engines.ts'
import type { ActivityBatch } from './activity-feed.ts'

async function openList(titles: readonly string[], limits = { pageMost: 2 }) {
  const opened = await openTestStore({ limits: { pageDefault: 1, ...limits } })
  const ids: string[] = []
  for (const title of titles) {
    ids.push((await opened.store.sessions.create({ owner: 'me', title })).id)
    await opened.clock.advance(1)
  }
  const { signal } = new AbortController()
  return {
    ...opened,
    ids,
    follow: (since?: string) => opened.store.activity.follow('me', since, { signal }),
  }
}

/** The titles that a follower shows after these batches. */
function shown(batches: readonly ActivityBatch[]): string[] {
  const titles = new Map<string, string>()
  for (const { rows, removed } of batches) {
    for (const { sessionId, title } of rows) titles.set(sessionId, title)
    for (const { sessionId } of removed) titles.delete(sessionId)
  }
  return [...titles.values()].sort()
}

async function untilTold(feed: AsyncGenerator<ActivityBatch, void>): Promise<ActivityBatch[]> {
  const batches: ActivityBatch[] = []
  for (;;) {
    const { value } = await feed.next()
    if (!value) return batches
    batches.push(value)
    if (value.cursor !== undefined) return batches
  }
}

test('a list comes in pages, and following its cursor brings the rows that moved meanwhile', async () => {
  const { store, ids, follow } = await openList(['a', 'b', 'c', 'd', 'e'])
  const [a = '', , , d = '', e = ''] = ids
  const first = await store.activity.list('me', { limit: 2 })
  expect(first.rows.map(({ title }) => title)).toEqual(['e', 'd'])
  await store.append({
    sessionId: a,
    drafts: [
      {
        type: 'message-created',
        message: {
          id: 'm',
          role: 'user',
          parts: [{ type: 'text', text: 'Hi' }],
          metadata: { createdAt: 1 },
          status: 'done',
        },
      },
    ],
  })
  await store.sessions.delete(d)
  await store.sessions.update(e, { title: 'new e' })
  const listed = [...first.rows]
  for (let cursor = first.nextCursor; cursor !== null;) {
    const page = await store.activity.list('me', { cursor, limit: 2 })
    expect(page.cursor).toBe(first.cursor)
    listed.push(...page.rows)
    cursor = page.nextCursor
  }
  expect(listed.map(({ title }) => title)).toEqual(['e', 'd', 'c', 'b'])
  const rest = await untilTold(follow(first.cursor))
  const list = { rows: listed, removed: [], complete: true }
  expect(shown([list, ...rest])).toEqual(['a', 'b', 'c', 'new e'])
})

test('a list refuses cursors that it did not return', async () => {
  const { store } = await openList(['a', 'b'])
  for (const cursor of ['', 'x', 'f.1', 'f.1.2', `f.1.2.${'x'.repeat(65)}`]) {
    await expect(store.activity.list('me', { cursor })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'cursor' },
    })
  }
  await expect(store.activity.list('me', { limit: 3 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
})

test('everything comes in steps, with the changes between them, and then a cursor', async () => {
  const { store, ids, follow } = await openList(['a', 'b', 'c', 'd', 'e'])
  const feed = follow()
  const first = (await feed.next()).value
  expect(first).toMatchObject({ complete: true, rows: [{ title: 'a' }, { title: 'b' }] })
  expect(first?.cursor).toBeUndefined()
  await store.sessions.delete(ids[0] ?? '')
  await store.sessions.delete(ids[4] ?? '')
  await store.sessions.update(ids[1] ?? '', { title: 'new b' })
  await store.sessions.create({ owner: 'me', title: 'f' })
  const rest = await untilTold(feed)
  expect(rest.every(({ rows, removed }) => rows.length + removed.length <= 2)).toBe(true)
  expect(shown(first ? [first, ...rest] : [])).toEqual(['c', 'd', 'f', 'new b'])
  await store.sessions.update(ids[2] ?? '', { title: 'new c' })
  expect(await untilTold(feed)).toMatchObject([{ rows: [{ title: 'new c' }], complete: false }])
})

test('missed changes come in steps too, and are not a complete list', async () => {
  const { store, ids, follow } = await openList(['a', 'b', 'c', 'd', 'e'])
  const { cursor } = await store.activity.list('me')
  for (const id of ids) await store.sessions.update(id, { title: 'new' })
  const batches = await untilTold(follow(cursor))
  expect(batches.map(({ rows, complete }) => [rows.length, complete])).toEqual([
    [2, false],
    [2, false],
    [1, false],
  ])
})

test('other work runs between the steps of a long list', async () => {
  const { store, follow } = await openList(Array.from({ length: 40 }, (_, index) => `${index}`))
  const feed = follow()
  await feed.next()
  const { id } = await store.sessions.create({ owner: 'you' })
  expect((await store.sessions.get(id, 'you')).id).toBe(id)
  expect(shown(await untilTold(feed))).toHaveLength(38)
})

test.each(['memory', 'sqlite'] as const)(
  'a follower behind the oldest remembered removal gets everything again, on %s',
  async (engine) => {
    let known = true
    const storage = withCalls(testEngine(engine), (real) => ({
      activity: async (principal, query) => {
        const changes = await real.activity(principal, query)
        if (query.by !== 'change') return changes
        const answer = known ? changes : { ...changes, rows: [], removed: [], known }
        known = true
        return answer
      },
    }))
    const { store } = await openTestStore({
      path: testDatabase(),
      storage,
      limits: { pageMost: 2 },
    })
    const { id } = await store.sessions.create({ owner: 'me', title: 'a' })
    const feed = store.activity.follow('me', undefined, new AbortController())
    expect(await untilTold(feed)).toMatchObject([{ complete: true, rows: [{ title: 'a' }] }])
    known = false
    await store.sessions.update(id, { title: 'b' })
    expect(await untilTold(feed)).toMatchObject([{ complete: true, rows: [{ title: 'b' }] }])
    for (const title of ['c', 'd']) await store.sessions.create({ owner: 'me', title })
    const again = store.activity.follow('me', undefined, new AbortController())
    await again.next()
    await store.sessions.update(id, { title: 'e' })
    await again.next()
    known = false
    await expect(again.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  },
)
