import type { SessionMetadata } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { sampleSession } from '../../tests/support/sample-history.ts'
import { openTestStore } from '../../tests/support/open-test-store.ts'

describe('metadata of a session', () => {
  test('are kept as JSON, come with the session, and are replaced whole', async () => {
    const { store } = await openTestStore()
    const given = { at: new Date(0), none: undefined, list: [undefined], n: Number.NaN }
    const metadata = given as unknown as SessionMetadata
    const { id, metadata: kept } = await store.sessions.create({ owner: 'me', metadata })
    expect(kept).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [null], n: null })
    expect(await store.sessions.get(id, 'me')).toMatchObject({ metadata: kept })
    await store.sessions.update(id, { metadata: { a: 1 } })
    const [listed] = (await store.sessions.list('me')).sessions
    expect(listed?.metadata).toEqual({ a: 1 })
  })

  test('are absent from a session that was given none', async () => {
    const { store } = await openTestStore()
    const session = await store.sessions.create({ owner: 'me' })
    expect(session).not.toHaveProperty('metadata')
    expect(await store.sessions.update(session.id, { title: 'x' })).not.toHaveProperty('metadata')
  })

  test('change the time of the session and its place in feeds, and not its title', async () => {
    const { store, clock } = await openTestStore()
    const { id } = await store.sessions.create({ owner: 'me', title: 'Title' })
    const before = await store.activity.row('me', id)
    await clock.advance(5)
    const { title, updatedAt } = await store.sessions.update(id, { metadata: { a: 1 } })
    expect([title, updatedAt]).toEqual(['Title', clock.now()])
    const after = await store.activity.row('me', id)
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0)
    expect(after).toEqual({ ...before, revision: after?.revision })
  })

  test('are those of its source in a fork', async () => {
    const { store } = await openTestStore()
    const id = await sampleSession(store)
    await store.sessions.update(id, { metadata: { project: 'p' } })
    const { session } = await store.history.fork(id, { from: 'u2', owner: 'you' })
    expect(session.metadata).toEqual({ project: 'p' })
  })

  test.each([
    ['null', null],
    ['a text', 'x'],
    ['a list', []],
    ['a date', new Date(0)],
    ['too large', { text: 'ü'.repeat(60) }],
    ['cyclic', cycle()],
    ['a BigInt', { n: 1n }],
    ['too deep', nested(600)],
  ])('that are %s are refused, and nothing changes', async (_, wrong) => {
    const { store } = await openTestStore({ limits: { metadataBytes: 100 } })
    const metadata = wrong as SessionMetadata
    const { id } = await store.sessions.create({ owner: 'me', metadata: { a: 1 } })
    const bad = { code: 'BAD_INPUT' }
    await expect(store.sessions.create({ owner: 'me', metadata })).rejects.toMatchObject(bad)
    const update = store.sessions.update(id, { title: 'New', metadata })
    await expect(update).rejects.toMatchObject(bad)
    const { sessions } = await store.sessions.list('me')
    expect(sessions).toMatchObject([{ title: '', metadata: { a: 1 } }])
  })

  test('may be as large as the limit allows', async () => {
    const { store } = await openTestStore({ limits: { metadataBytes: 20 } })
    const metadata = { text: 'x'.repeat(9) }
    await store.sessions.create({ owner: 'me', metadata })
    const larger = store.sessions.create({ owner: 'me', metadata: { text: 'x'.repeat(10) } })
    const data = { field: 'metadata', limit: 20 }
    await expect(larger).rejects.toMatchObject({ code: 'BAD_INPUT', data })
  })
})

test('a change of a session names a title or metadata', async () => {
  const { store } = await openTestStore()
  const { id } = await store.sessions.create({ owner: 'me' })
  await expect(store.sessions.update(id, {})).rejects.toMatchObject({
    code: 'BAD_INPUT',
    data: { field: 'title' },
  })
})

test.each(['', 'a b', 'ü', 'x'.repeat(65), 'a/b', 7])(
  'a session cannot have the id %j',
  async (sessionId: unknown) => {
    const { store } = await openTestStore()
    const made = store.sessions.create({ owner: 'me', sessionId: sessionId as string })
    await expect(made).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'sessionId' } })
    expect((await store.sessions.list('me')).sessions).toEqual([])
  },
)

function cycle(): object {
  const self: Record<string, unknown> = {}
  self['self'] = self
  return self
}

function nested(levels: number): object {
  let value = {}
  for (let level = 0; level < levels; level++) value = { value }
  return value
}
