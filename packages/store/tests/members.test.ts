import { describe, expect, onTestFinished, test, vi } from 'vitest'

import type { ActivityBatch } from '../src/follow/activity-feed.ts'
import type { MembersListener } from '../src/follow/member-watch.ts'
import { prompt } from '../src/conformance/support/drafts.ts'
import { openTestStore, testDatabase } from './support/open-test-store.ts'

type Opened = Awaited<ReturnType<typeof openTestStore>>

/** Ann's session. */
async function openShared({ members = ['bob'], ...options }: Shared = {}) {
  const opened = await openTestStore(options)
  const { id } = await opened.store.sessions.create({ owner: 'ann', members })
  return { ...opened, id }
}
type Shared = { members?: string[] } & Parameters<typeof openTestStore>[0]

/** Follows a principal's list; collects the batches after the first, the complete list. */
function follow({ store }: Pick<Opened, 'store'>, principal: string) {
  const controller = new AbortController()
  const batches: ActivityBatch[] = []
  const feed = store.activity.follow(principal, undefined, controller)
  const listed = Promise.withResolvers<void>()
  const ended = (async () => {
    for await (const batch of feed) {
      batches.push(batch)
      listed.resolve()
    }
  })().catch(() => undefined)
  onTestFinished(async () => {
    controller.abort()
    await ended
  })
  return { batches, listed: listed.promise, last: () => batches.at(-1) }
}

describe('the members of a session', () => {
  test('are listed with the owner first, and change', async () => {
    const { store, id } = await openShared()
    expect(await store.sessions.members(id)).toEqual(['ann', 'bob'])
    expect(await store.sessions.addMember(id, 'eve')).toBe(true)
    expect(await store.sessions.addMember(id, 'eve')).toBe(false)
    expect(await store.sessions.removeMember(id, 'bob')).toBe(true)
    expect(await store.sessions.removeMember(id, 'bob')).toBe(false)
    expect(await store.sessions.members(id)).toEqual(['ann', 'eve'])
    await expect(store.sessions.get(id, 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('are limited, however they come', async () => {
    const { store, id } = await openShared({ limits: { membersPerSession: 3 } })
    await store.sessions.addMember(id, 'eve')
    await expect(store.sessions.addMember(id, 'dan')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 3, reason: 'members-full' },
    })
    const many = { owner: 'ann', members: ['b', 'c', 'd'] }
    const refused = { code: 'BAD_INPUT', data: { field: 'members', limit: 3 } }
    await expect(store.sessions.create(many)).rejects.toMatchObject(refused)
    await store.append({ sessionId: id, drafts: [prompt('m')] })
    const fork = store.history.fork(id, { from: 'm', ...many })
    await expect(fork).rejects.toMatchObject(refused)
    await store.sessions.create({ owner: 'ann', members: ['b', 'c', 'ann', 'b'] })
  })

  test.each([
    ['absent', undefined],
    ['empty', ''],
    ['a number', 5],
    ['longer than 1,000 characters', 'x'.repeat(1_001)],
    ['half a character', '\uD83C'],
  ])('cannot be %s', async (_, principal: unknown) => {
    const { store, id } = await openShared()
    for (const call of ['addMember', 'removeMember'] as const) {
      await expect(store.sessions[call](id, principal as string)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field: 'principal' },
      })
    }
    expect(await store.sessions.members(id)).toEqual(['ann', 'bob'])
  })

  test('of a session that is gone are not found', async () => {
    const { store, id } = await openShared()
    await store.sessions.delete(id)
    const { sessions } = store
    for (const call of [
      () => sessions.members(id),
      () => sessions.addMember(id, 'eve'),
      () => sessions.removeMember(id, 'bob'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  test('change without an entry in the journal, and without a new time', async () => {
    const { store, id, clock } = await openShared()
    const before = [await store.sessions.get(id, 'ann'), await store.head(id)]
    await clock.advance(1_000)
    await store.sessions.addMember(id, 'eve')
    await store.sessions.removeMember(id, 'bob')
    expect([await store.sessions.get(id, 'ann'), await store.head(id)]).toEqual(before)
  })
})

describe('a list', () => {
  test('gets a session when its principal joins, loses it when removed, and gets it back', async () => {
    const opened = await openShared({ members: [] })
    const { store, id } = opened
    const bob = follow(opened, 'bob')
    await bob.listed
    expect(bob.batches).toMatchObject([{ rows: [], complete: true }])
    await store.sessions.addMember(id, 'bob')
    await vi.waitFor(() => expect(bob.last()).toMatchObject({ rows: [{ sessionId: id }] }))
    await store.sessions.removeMember(id, 'bob')
    await vi.waitFor(() =>
      expect(bob.last()).toMatchObject({ rows: [], removed: [{ sessionId: id }] }),
    )
    await store.append({ sessionId: id, drafts: [prompt('m')] })
    await store.sessions.addMember(id, 'bob')
    await vi.waitFor(() =>
      expect(bob.last()).toMatchObject({ rows: [{ sessionId: id, messageCount: 1 }] }),
    )
  })

  test('follows the changes of a session from when its principal joined, and no longer than that', async () => {
    const opened = await openShared({ members: [] })
    const { store, id } = opened
    const [ann, bob] = [follow(opened, 'ann'), follow(opened, 'bob')]
    await Promise.all([ann.listed, bob.listed])
    // Who is told of a change is remembered from here on.
    await store.append({ sessionId: id, drafts: [prompt('a')] })
    await vi.waitFor(() => expect(ann.last()).toMatchObject({ rows: [{ messageCount: 1 }] }))
    await store.sessions.addMember(id, 'bob')
    await store.append({ sessionId: id, drafts: [prompt('b')] })
    await vi.waitFor(() => expect(bob.last()).toMatchObject({ rows: [{ messageCount: 2 }] }))
    await store.sessions.removeMember(id, 'bob')
    await vi.waitFor(() => expect(bob.last()).toMatchObject({ removed: [{ sessionId: id }] }))
    const seen = bob.batches.length
    await store.append({ sessionId: id, drafts: [prompt('c')] })
    await vi.waitFor(() => expect(ann.last()).toMatchObject({ rows: [{ messageCount: 3 }] }))
    expect(bob.batches).toHaveLength(seen)
  })

  test.each([true, false])(
    'of another process notices both within two polls of the file, its members known: %s',
    async (known) => {
      const path = testDatabase()
      const here = await openShared({ path, members: [] })
      const there = await openTestStore({ path })
      const bob = follow(there, 'bob')
      await bob.listed
      if (known) {
        await there.store.append({ sessionId: here.id, drafts: [prompt('a')] })
        await there.clock.advance(80)
      }
      await here.store.sessions.addMember(here.id, 'bob')
      await there.clock.advance(80)
      await vi.waitFor(() => expect(bob.last()).toMatchObject({ rows: [{ sessionId: here.id }] }))
      await here.store.append({ sessionId: here.id, drafts: [prompt('b')] })
      await there.clock.advance(80)
      await vi.waitFor(() =>
        expect(bob.last()).toMatchObject({ rows: [{ messageCount: known ? 2 : 1 }] }),
      )
      await here.store.sessions.removeMember(here.id, 'bob')
      await there.clock.advance(80)
      await vi.waitFor(() =>
        expect(bob.last()).toMatchObject({ removed: [{ sessionId: here.id }] }),
      )
    },
  )
})

test('a list loses a session that another process takes from it, though nothing of it was written since', async () => {
  const path = testDatabase()
  const here = await openShared({ path })
  const there = await openTestStore({ path })
  const bob = follow(there, 'bob')
  await bob.listed
  await there.clock.advance(80)
  await here.store.sessions.removeMember(here.id, 'bob')
  await there.clock.advance(80)
  await vi.waitFor(() => expect(bob.last()).toMatchObject({ removed: [{ sessionId: here.id }] }))
})

describe('watchers of members', () => {
  test('are called before a change returns, and not after they left', async () => {
    const { store, id } = await openShared()
    const told: unknown[] = []
    const leave = store.watchMembers(async (sessions) => {
      await Promise.resolve()
      told.push(sessions)
    })
    await store.sessions.removeMember(id, 'bob')
    expect(told).toEqual([new Set([id])])
    await store.sessions.removeMember(id, 'bob')
    expect(told).toHaveLength(1)
    leave()
    leave()
    await store.sessions.addMember(id, 'bob')
    expect(told).toHaveLength(1)
  })

  test('that fail are reported, and the change and other watchers are unharmed', async () => {
    const errors: unknown[] = []
    const onError = (error: unknown, where: string) => void errors.push([error, where])
    const { store, id } = await openShared({ onError })
    const told = vi.fn<MembersListener>()
    const failure = new Error('no')
    store.watchMembers(() => {
      throw failure
    })
    store.watchMembers(() => Promise.reject(failure))
    store.watchMembers(told)
    expect(await store.sessions.addMember(id, 'eve')).toBe(true)
    expect(told).toHaveBeenCalledOnce()
    expect(errors).toEqual(Array(2).fill([failure, 'telling of changed members']))
  })

  test('are told of a session that another process deletes, though this one never read it', async () => {
    const path = testDatabase()
    const here = await openShared({ path })
    const there = await openTestStore({ path })
    const told = vi.fn<MembersListener>()
    there.store.watchMembers(told)
    await there.clock.advance(80)
    told.mockClear()
    await here.store.sessions.delete(here.id)
    await there.clock.advance(80)
    expect(told.mock.calls).toEqual([[new Set([here.id])]])
  })

  test('are told of the changes of another process, and not of what is written there', async () => {
    const path = testDatabase()
    const here = await openShared({ path })
    const there = await openTestStore({ path })
    const told = vi.fn<MembersListener>()
    there.store.watchMembers(told)
    await here.store.append({ sessionId: here.id, drafts: [prompt('a')] })
    await there.clock.advance(80)
    expect(told).not.toHaveBeenCalled()
    await here.store.sessions.removeMember(here.id, 'bob')
    await there.clock.advance(80)
    expect(told.mock.calls).toEqual([[new Set([here.id])]])
  })
})
