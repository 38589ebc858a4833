import assert from 'node:assert/strict'

import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import { summarise } from '../../core/reading/list-events.ts'
import type { IdleSession } from '../../port/sessions.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import { answer, compaction, delta, opened, prompt, turn } from '../support/drafts.ts'
import {
  allEvents,
  allMessages,
  assertNotFound,
  shownIds,
  unbounded,
  usedIds,
} from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

/** Every page of a principal's list. */
async function listed(storage: Storage, principal: string, limit: number): Promise<string[]> {
  const ids: string[] = []
  for (let after: { recency: number; id: string } | undefined; ;) {
    const { sessions, next } = await storage.sessions(principal, { limit, ...(after && { after }) })
    ids.push(...sessions.map(({ id }) => id))
    assert(sessions.length <= limit)
    if (!next) return ids
    assert.equal(sessions.length, limit, 'Every page but the last is full.')
    after = next
  }
}

/** Every read of one session. */
function reads(storage: Storage, sessionId: string): Record<string, () => Promise<unknown>> {
  return {
    segments: () => storage.segments(sessionId, { from: 'oldest', bytes: 9 }),
    messages: () => storage.messages(sessionId, unbounded),
    message: () => storage.message(sessionId, 'm'),
    state: () => storage.state(sessionId),
    summary: () => summarise(storage, sessionId, {}),
    search: () => storage.search({ text: 'x', in: { sessionId }, limit: 9 }),
    ledgers: () => storage.ledgers(sessionId, { from: 0, upTo: 1 }),
    lookup: () => storage.lookup(sessionId, { messageIds: ['m'] }),
    markRead: () => storage.markRead(sessionId, 'ann', 1),
  }
}

export const sessionCases: Cases = {
  async 'is as it was made'(bed) {
    const storage = await bed.open()
    const made = { id: 's', title: 'Ünï "🎉"', createdAt: 5, members: ['bob', 'ann'] }
    const session = await storage.createSession(made)
    const { members: _, ...kept } = made
    const expected = { ...kept, owner: 'bob', updatedAt: 5, epoch: 0 }
    assert.deepEqual(session, expected)
    const again = await bed.open()
    for (const reader of [storage, again]) {
      assert.deepEqual(await reader.session('s'), expected)
      const { sessions } = await reader.sessions('ann', { limit: 9 })
      assert.deepEqual(sessions, [expected])
      assert.deepEqual(await reader.members('s'), ['bob', 'ann'])
    }
    assert.deepEqual(await storage.members('nowhere'), [])
    assert.equal(await storage.session('nowhere'), undefined)
  },

  async 'has the metadata that it was made with, until they are replaced whole'(bed) {
    const storage = await bed.open()
    const metadata = {
      project: 'p',
      tags: ['ä', '"\\\n', '\u2028'],
      deep: { a: [null, 1.5, true] },
    }
    const made = { id: 's', title: 'Title', createdAt: 5, members: ['ann'], metadata }
    assert.deepEqual((await storage.createSession(made)).metadata, metadata)
    const other = await bed.open()
    const shown = async () => {
      const [one, listed, again] = await Promise.all([
        storage.session('s'),
        storage.sessions('ann', { limit: 9 }),
        other.session('s'),
      ])
      assert.deepEqual([listed.sessions[0], again], [one, one])
      return one
    }
    assert.deepEqual((await shown())?.metadata, metadata)
    await storage.updateSession('s', { title: 'New', at: 6 })
    assert.deepEqual((await shown())?.metadata, metadata)
    const replaced = await other.updateSession('s', { metadata: { project: 'q' }, at: 7 })
    assert.deepEqual(replaced, await shown())
    const { title, metadata: now, updatedAt } = replaced ?? {}
    assert.deepEqual([title, now, updatedAt], ['New', { project: 'q' }, 7])
    const refused = { title: 'x', metadata: {}, at: 8, ifTitle: 'Title' }
    assert.deepEqual(await storage.updateSession('s', refused), replaced)
    await storage.updateSession('s', { title: 'Both', metadata: {}, at: 9 })
    const both = await shown()
    assert.deepEqual([both?.title, both?.metadata], ['Both', {}])
  },

  async 'is shown only to a principal who is a member'(bed) {
    const { storage, session } = await bed.start()
    assert.deepEqual(await storage.session(session, 'ann'), await storage.session(session))
    assert.equal(await storage.session(session, 'eve'), undefined)
    assert.equal(await storage.session('nowhere', 'ann'), undefined)
  },

  async 'names its members, the owner first'(bed) {
    const storage = await bed.open()
    const members = ['m', 'z', 'a', 'ä', '']
    await storage.createSession({ id: 's', title: '', createdAt: 1, members })
    const [owner, ...others] = await storage.members('s')
    assert.equal(owner, 'm')
    assert.deepEqual(new Set(others), new Set(['z', 'a', 'ä', '']))
  },

  async 'knows its newest epoch'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), compaction('s')])
    assert.equal((await storage.session(session))?.epoch, 1)
  },

  async 'is not created twice'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const twice = { id: session, title: 'Other', createdAt: 9, members: ['eve'] }
    const inUse = { name: 'CaughtupError', code: 'CONFLICT' }
    await assert.rejects(storage.createSession(twice), inUse)
    const fork = { sourceId: session, upTo: 2, session: twice }
    await assert.rejects(storage.beginFork(fork), inUse)
    assert.deepEqual(await storage.members(session), ['ann'])
    assert.equal((await storage.session(session))?.title, '')
    assert.deepEqual(await shownIds(storage, session), ['a-prompt', 'a-answer'])
  },

  async 'is not created with the id of a hidden fork'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const made = { id: 'fork', title: 'Fork', createdAt: 9, members: ['ann'] }
    await storage.beginFork({ sourceId: session, upTo: 2, session: made })
    const inUse = { name: 'CaughtupError', code: 'CONFLICT' }
    await assert.rejects(storage.createSession(made), inUse)
    await assert.rejects(storage.beginFork({ sourceId: session, upTo: 1, session: made }), inUse)
    while (await storage.maintain({ fork: 'fork' }));
    assert.deepEqual(await shownIds(storage, 'fork'), ['a-prompt', 'a-answer'])
  },

  async 'has each member once, even if it is named twice'(bed) {
    const storage = await bed.open()
    const members = ['ann', 'bob', 'ann', 'bob']
    await storage.createSession({ id: 's', title: '', createdAt: 1, members })
    const had = await storage.deleteSession('s')
    assert.deepEqual(had.toSorted(), ['ann', 'bob'])
  },

  async 'is updated by everything but text, at its time'(bed) {
    const { storage, session } = await bed.start()
    const updatedAt = async () => (await storage.session(session))?.updatedAt
    await write(storage, session, [opened('m')], { at: 5 })
    await write(storage, session, [delta('m', 'a')], { at: 7 })
    assert.equal(await updatedAt(), 5)
    const slice = { sessionId: session }
    await storage.commit([
      { ...slice, at: 8, drafts: [delta('m', 'b')] },
      { ...slice, at: 10, drafts: [prompt('p')] },
      { ...slice, at: 99, drafts: [delta('m', 'c')] },
    ])
    assert.equal(await updatedAt(), 10)
    assert.equal((await (await bed.open()).session(session))?.updatedAt, 10)
  },

  async 'is listed by recency, newest first, in pages'(bed) {
    const storage = await bed.open()
    const ids: string[] = []
    for (let index = 0; index < 7; index++) ids.push(await bed.session(storage))
    const other = await bed.session(storage, { members: ['bob'], createdAt: 99 })
    // The second and the sixth get the same recency; the others keep that of their creation.
    await write(storage, ids[5] ?? '', [prompt('a')], { at: 70 })
    await write(storage, ids[1] ?? '', [prompt('a')], { at: 70 })
    await write(storage, ids[3] ?? '', [prompt('a')], { at: 80 })
    const expected = [ids[3], ids[5], ids[1], ids[6], ids[4], ids[2], ids[0]]
    for (const limit of [1, 2, 3, 6, 7, 8]) {
      assert.deepEqual(await listed(storage, 'ann', limit), expected, `${limit} to a page`)
    }
    assert.deepEqual(await listed(storage, 'bob', 3), [other])
    assert.deepEqual(await listed(storage, 'eve', 3), [])
  },

  async 'is listed with the idle ones of everybody, the longest idle first, in pages'(bed) {
    const storage = await bed.open()
    const ids: string[] = []
    for (const members of [['ann'], ['bob'], ['ann'], ['eve'], ['bob']]) {
      ids.push(await bed.session(storage, { members, createdAt: 3 }))
    }
    await write(storage, ids[0] ?? '', [prompt('a')], { at: 8 })
    await write(storage, ids[2] ?? '', [prompt('a')], { at: 5 })
    await storage.updateSession(ids[3] ?? '', { title: 'New', at: 5 })
    await storage.deleteSession(ids[4] ?? '')
    const [second, third] = [ids[2] ?? '', ids[3] ?? ''].toSorted()
    const expected = [ids[1], second, third, ids[0]]
    for (const limit of [1, 2, 3, 4, 5]) {
      const listedIds: string[] = []
      for (let after: IdleSession | undefined; ;) {
        const page = await storage.idleSessions({ until: 9, limit, ...(after && { after }) })
        assert(page.length <= limit)
        listedIds.push(...page.map(({ sessionId }) => sessionId))
        after = page.at(-1)
        if (!after) break
        assert.deepEqual(after.head, (await storage.state(after.sessionId)).head)
      }
      assert.deepEqual(listedIds, expected, `${limit} to a page`)
    }
    const until = async (at: number) => {
      const idle = await storage.idleSessions({ until: at, limit: 9 })
      return idle.map(({ updatedAt }) => updatedAt)
    }
    assert.deepEqual(await until(2), [])
    assert.deepEqual(await until(5), [3, 5, 5])
    assert.deepEqual(await until(7), [3, 5, 5])
    assert.deepEqual(await until(8), [3, 5, 5, 8])
  },

  async 'has no next page exactly at the end'(bed) {
    const storage = await bed.open()
    for (let index = 0; index < 3; index++) await bed.session(storage)
    assert.equal((await storage.sessions('ann', { limit: 3 })).next, undefined)
    assert.notEqual((await storage.sessions('ann', { limit: 2 })).next, undefined)
  },

  async 'takes a new title, unless its title is not the expected one'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const updated = await other.updateSession(session, { title: 'New', at: 9 })
    assert.deepEqual([updated?.title, updated?.updatedAt], ['New', 9])
    const kept = await storage.updateSession(session, { title: 'Newer', at: 10, ifTitle: '' })
    assert.deepEqual([kept?.title, kept?.updatedAt], ['New', 9])
    const changed = await storage.updateSession(session, { title: 'Newer', at: 11, ifTitle: 'New' })
    assert.equal(changed?.title, 'Newer')
    assert.deepEqual(await other.session(session), changed)
    assert.equal(await storage.updateSession('nowhere', { title: 'x', at: 1 }), undefined)
  },

  async 'is gone with everything once it is deleted'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    const other = await bed.open()
    const { cursor } = await write(storage, session, turn('a'))
    const members = await other.deleteSession(session)
    assert.deepEqual(new Set(members), new Set(['ann', 'bob']))
    for (const reader of [storage, other]) {
      assert.equal(await reader.session(session), undefined)
      assert.deepEqual(await reader.members(session), [])
      assert.deepEqual((await reader.sessions('ann', { limit: 9 })).sessions, [])
      assert.equal(await refusalOf(reader, session, [prompt('x')]), 'session-missing')
      assert.deepEqual(await reader.activeRuns(), [])
    }
    assert.deepEqual(await storage.deleteSession(session), [])
    await storage.createSession({ id: session, title: '', createdAt: 9, members: ['ann'] })
    assert.deepEqual(await allMessages(storage, session), [])
    assert.deepEqual(await allEvents(other, session), [])
    assert.equal(await checkCursor(storage, session, cursor), 'cursor-unknown')
    assert.deepEqual(await usedIds(storage, session, ['a-prompt']), new Set())
    const found = await storage.search({ text: 'answer', in: { principal: 'ann' }, limit: 9 })
    assert.deepEqual(found, [])
  },

  async 'is deleted once, and changes at the same time find it or do not'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const [first, second, joined] = await Promise.allSettled([
      storage.deleteSession(session),
      storage.deleteSession(session),
      storage.addMember(session, 'bob', 9),
    ])
    // Which one comes first is the database's to say.
    const members = joined.status === 'fulfilled' ? ['ann', 'bob'] : ['ann']
    assert.deepEqual(
      [first, second].sort((a, b) => lengthOf(b) - lengthOf(a)),
      [
        { status: 'fulfilled', value: members },
        { status: 'fulfilled', value: [] },
      ],
    )
    await storage.createSession({ id: session, title: '', createdAt: 9, members: ['ann'] })
    assert.deepEqual(await storage.members(session), ['ann'])
  },

  async 'is not found by any read if it does not exist'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    await storage.deleteSession(session)
    for (const sessionId of [session, 'nowhere']) {
      for (const [name, read] of Object.entries(reads(storage, sessionId))) {
        await assertNotFound(read(), name)
      }
    }
  },

  async 'shares nothing with other sessions'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    await write(storage, session, turn('a'))
    await write(storage, other, [answer('x')])
    assert.deepEqual(await shownIds(storage, other), ['x'])
    assert.equal((await allEvents(storage, other)).length, 1)
    const found = await storage.search({ text: 'answer', in: { sessionId: other }, limit: 9 })
    assert.deepEqual(found, [])
  },
}

function lengthOf(outcome: PromiseSettledResult<readonly string[]>): number {
  return outcome.status === 'fulfilled' ? outcome.value.length : -1
}
