import { describe, expect, test, vi } from 'vitest'

import { turn } from '../conformance/support/drafts.ts'
import type { ActivityBatch } from '../follow/activity-feed.ts'
import { openTestStore, testDatabase } from '../../tests/support/open-test-store.ts'
import { allEngines, testEngine } from '../../tests/support/test-engines.ts'

describe.each(allEngines)('a principal who is forgotten on %s', (engine) => {
  const open = () => openTestStore({ storage: testEngine(engine) })

  test('has no session any more: its own are gone for everybody, and others go on without it', async () => {
    const { store } = await open()
    const own = await store.sessions.create({ owner: 'bob', members: ['ann'] })
    const shared = await store.sessions.create({ owner: 'ann', members: ['bob', 'eve'] })
    const alien = await store.sessions.create({ owner: 'eve' })
    await store.append({ sessionId: own.id, drafts: turn('a') })
    await store.append({ sessionId: shared.id, drafts: turn('b') })
    await store.activity.markRead(shared.id, 'bob', 2)
    expect(await store.forget('bob')).toEqual({ deleted: 1, left: 1 })
    for (const read of [store.sessions.list('bob'), store.sessions.list('ann')]) {
      expect((await read).sessions.map(({ id }) => id)).not.toContain(own.id)
    }
    expect((await store.activity.list('bob')).rows).toEqual([])
    expect(await store.sessions.members(shared.id)).toEqual(['ann', 'eve'])
    expect((await store.page(shared.id, {})).messages).toHaveLength(2)
    expect(await store.sessions.get(alien.id, 'eve')).toMatchObject({ owner: 'eve' })
    await store.sessions.addMember(shared.id, 'bob')
    expect((await store.activity.row('bob', shared.id))?.unread).toBe(0)
  })

  test('stays the author of the prompts that others keep', async () => {
    const { store } = await open()
    const { id } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
    const message = {
      id: 'p',
      role: 'user' as const,
      parts: [{ type: 'text' as const, text: 'Hi' }],
      metadata: { createdAt: 1, author: 'bob' },
      status: 'done' as const,
    }
    await store.append({ sessionId: id, drafts: [{ type: 'message-created', message }] })
    await store.forget('bob')
    expect(await store.message(id, 'p')).toMatchObject({ metadata: { author: 'bob' } })
  })

  test('loses more sessions than are read at once, and can be forgotten twice', async () => {
    const { store } = await open()
    for (let n = 0; n < 60; n++) await store.sessions.create({ owner: 'ann', members: ['bob'] })
    expect(await store.forget('bob')).toEqual({ deleted: 0, left: 60 })
    expect(await store.forget('bob')).toEqual({ deleted: 0, left: 0 })
    expect(await store.forget('nobody')).toEqual({ deleted: 0, left: 0 })
  })

  test('that follows its list sees it empty, live or from a cursor of before', async () => {
    const { store } = await open()
    await store.sessions.create({ owner: 'bob' })
    await store.sessions.create({ owner: 'ann', members: ['bob'] })
    const { cursor } = await store.activity.list('bob')
    const controller = new AbortController()
    const shown = new Set<string>()
    const take = ({ rows, removed, complete }: ActivityBatch) => {
      if (complete) shown.clear()
      for (const { sessionId } of rows) shown.add(sessionId)
      for (const { sessionId } of removed) shown.delete(sessionId)
    }
    const live = (async () => {
      for await (const batch of store.activity.follow('bob', undefined, controller)) take(batch)
    })().catch(() => undefined)
    await vi.waitFor(() => expect(shown.size).toBe(2))
    await store.forget('bob')
    await vi.waitFor(() => expect(shown.size).toBe(0))
    const again = await store.activity.follow('bob', cursor, controller).next()
    expect(again.value).toMatchObject({ rows: [], removed: [], complete: true })
    controller.abort()
    await live
  })

  test('is only forgotten in part if the call is aborted, and wholly by the next one', async () => {
    const { store } = await open()
    for (let n = 0; n < 3; n++) await store.sessions.create({ owner: 'bob' })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.forget('bob', { signal })).rejects.toThrow('enough')
    expect((await store.sessions.list('bob')).sessions).toHaveLength(3)
    expect(await store.forget('bob')).toEqual({ deleted: 3, left: 0 })
  })

  test('may be forgotten by two calls at once, while sessions are deleted', async () => {
    const { store } = await open()
    const ids: string[] = []
    for (let n = 0; n < 8; n++) {
      const owner = n % 2 === 0 ? 'bob' : 'ann'
      ids.push((await store.sessions.create({ owner, members: ['bob'] })).id)
    }
    const [first, second] = await Promise.all([
      store.forget('bob'),
      store.forget('bob'),
      ...ids.slice(0, 4).map((id) => store.sessions.delete(id).catch(() => undefined)),
    ])
    expect((first?.left ?? 0) + (second?.left ?? 0)).toBeLessThanOrEqual(4)
    expect((await store.sessions.list('bob')).sessions).toEqual([])
  })
})

test('what is left of a forgotten principal in the file are prompts of others’ sessions, and a number', async () => {
  const path = testDatabase()
  const { store } = await openTestStore({ path })
  const { id } = await store.sessions.create({ owner: 'ann', members: ['bob@example.org'] })
  await store.sessions.create({ owner: 'bob@example.org' })
  await store.activity.markRead(id, 'bob@example.org', 1)
  await store.forget('bob@example.org')
  await store.close()
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(path)
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'words*'")
    .all()
    .map(({ name }) => String(name))
  const found = tables.flatMap((table) =>
    db
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .filter((row) => Object.values(row).includes('bob@example.org'))
      .map((row) => [table, { ...row }]),
  )
  db.close()
  expect(found).toEqual([
    ['removed', { principal: 'bob@example.org', revision: expect.any(Number), session_id: '' }],
  ])
})

test.each(['', 5, undefined, '\uD83C'])('nobody is called %j', async (principal: unknown) => {
  const { store } = await openTestStore()
  await expect(store.forget(principal as string)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    data: { field: 'principal' },
  })
})
