import assert from 'node:assert/strict'

import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import { delta, opened, prompt, turn } from '../support/drafts.ts'
import { allRows, assertNotFound, changesAfter, everything, rowOf } from '../support/reads.ts'
import { write } from '../support/writes.ts'

const most = 100

/** The ids of the sessions that a principal has in each kind of list. */
async function listed(storage: Storage, principal: string): Promise<string[][]> {
  const { sessions } = await storage.sessions(principal, { limit: 9 })
  const { rows: recent } = await storage.activity(principal, { by: 'recency', limit: 9 })
  const { rows } = await allRows(storage, principal)
  return [
    sessions.map(({ id }) => id),
    recent.map(({ sessionId }) => sessionId),
    rows.map(({ sessionId }) => sessionId),
  ]
}

export const memberCases: Cases = {
  async 'is added after the owner, and sees the session everywhere'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    assert.equal(await storage.addMember(session, 'bob', most), true)
    for (const reader of [storage, await bed.open()]) {
      assert.deepEqual(await reader.members(session), ['ann', 'bob'])
      assert.equal((await reader.session(session, 'bob'))?.owner, 'ann')
      assert.deepEqual(await listed(reader, 'bob'), [[session], [session], [session]])
      const found = await reader.search({ text: 'answer', in: { principal: 'bob' }, limit: 9 })
      assert.deepEqual(
        found.map(({ sessionId }) => sessionId),
        [session],
      )
    }
  },

  async 'comes in the feeds of all members, once added'(bed) {
    const { storage, session } = await bed.start()
    const before = await Promise.all(['ann', 'bob'].map((each) => allRows(storage, each)))
    await storage.addMember(session, 'bob', most)
    for (const [index, principal] of ['ann', 'bob'].entries()) {
      const since = before[index]?.position ?? 0
      const { rows, removed } = await changesAfter(storage, principal, since, 9)
      assert.deepEqual(rows, [await rowOf(storage, principal, session)])
      assert.deepEqual(removed, [])
    }
  },

  async 'has read everything until it joined, and nothing after that'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [...turn('a'), ...turn('b')])
    await storage.addMember(session, 'bob', most)
    const unread = async (principal: string) => (await rowOf(storage, principal, session))?.unread
    assert.deepEqual([await unread('ann'), await unread('bob')], [2, 0])
    await write(storage, session, turn('c'))
    assert.deepEqual([await unread('ann'), await unread('bob')], [3, 1])
  },

  async 'changes nothing if it is one already'(bed) {
    const { storage, session } = await bed.start()
    await storage.addMember(session, 'bob', most)
    await write(storage, session, turn('a'))
    const { position } = await allRows(storage, 'bob')
    for (const principal of ['ann', 'bob']) {
      assert.equal(await storage.addMember(session, principal, 1), false)
    }
    assert.deepEqual(await storage.members(session), ['ann', 'bob'])
    assert.equal((await rowOf(storage, 'bob', session))?.unread, 1)
    assert.equal((await allRows(storage, 'bob')).position, position)
  },

  async 'is one of so many at most'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    const data = { field: 'principal', limit: 2, reason: 'members-full' }
    await assert.rejects(storage.addMember(session, 'eve', 2), { code: 'LIMIT_EXCEEDED', data })
    assert.deepEqual(await storage.members(session), ['ann', 'bob'])
    assert.equal(await storage.addMember(session, 'eve', 3), true)
  },

  async 'loses the session when it is removed, as if that were deleted'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob', 'eve'] })
    await write(storage, session, turn('a'))
    const [{ position }, { position: anns }] = [
      await allRows(storage, 'bob'),
      await allRows(storage, 'ann'),
    ]
    const before = await everything(storage, session)
    const other = await bed.open()
    assert.equal(await other.removeMember(session, 'bob'), true)
    for (const reader of [storage, other]) {
      assert.deepEqual((await reader.members(session)).toSorted(), ['ann', 'eve'])
      assert.equal(await reader.session(session, 'bob'), undefined)
      assert.deepEqual(await listed(reader, 'bob'), [[], [], []])
      assert.deepEqual(
        await reader.search({ text: 'answer', in: { principal: 'bob' }, limit: 9 }),
        [],
      )
      const { rows, removed } = await changesAfter(reader, 'bob', position, 9)
      assert.deepEqual([rows, removed.map(({ sessionId }) => sessionId)], [[], [session]])
      const others = await changesAfter(reader, 'ann', anns, 9)
      assert.deepEqual([others.rows, others.removed], [[], []])
    }
    assert.deepEqual(await everything(storage, session), before)
  },

  async 'changes nothing if it is none when it is removed'(bed) {
    const { storage, session } = await bed.start()
    const { position } = await allRows(storage, 'bob')
    assert.equal(await storage.removeMember(session, 'bob'), false)
    const { rows, removed } = await changesAfter(storage, 'bob', position, 9)
    assert.deepEqual([rows, removed], [[], []])
  },

  async 'is never removed if it is the owner'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    const refused = {
      code: 'CONFLICT',
      data: { field: 'principal', value: 'ann', reason: 'owner' },
    }
    await assert.rejects(storage.removeMember(session, 'ann'), refused)
    assert.deepEqual(await storage.members(session), ['ann', 'bob'])
  },

  async 'comes back with a position above that of its removal'(bed) {
    const { storage, session } = await bed.start()
    await storage.addMember(session, 'bob', most)
    const { position } = await allRows(storage, 'bob')
    await storage.removeMember(session, 'bob')
    await write(storage, session, turn('a'))
    await storage.addMember(session, 'bob', most)
    const { rows, removed } = await changesAfter(storage, 'bob', position, 9)
    const row = await rowOf(storage, 'bob', session)
    assert.deepEqual(rows, [row])
    assert.equal(row?.unread, 0)
    assert(removed.every(({ revision }) => revision < (row?.revision ?? 0)))
    for (const reader of [storage, await bed.open()]) {
      assert.deepEqual(await listed(reader, 'bob'), [[session], [session], [session]])
    }
  },

  async 'is not found for a session that does not exist'(bed) {
    const { storage, session } = await bed.start()
    await storage.deleteSession(session)
    for (const sessionId of [session, 'nowhere']) {
      await assertNotFound(storage.addMember(sessionId, 'bob', most), 'addMember')
      await assertNotFound(storage.removeMember(sessionId, 'bob'), 'removeMember')
      await assertNotFound(storage.removeMember(sessionId, 'ann'), 'removeMember')
    }
  },

  async 'may have its removals forgotten, and its older positions are unknown then'(bed) {
    const storage = await bed.open()
    const sessions = ['ann', 'bob'].map((each) => bed.session(storage, { members: [each, 'eve'] }))
    const [session = '', other = ''] = await Promise.all(sessions)
    const before = (await allRows(storage, 'eve')).position
    const bobs = (await allRows(storage, 'bob')).position
    await storage.removeMember(session, 'eve')
    const between = (await allRows(storage, 'eve')).position
    await storage.deleteSession(other)
    const after = (await allRows(storage, 'eve')).position
    await storage.forgetRemovals('eve')
    await storage.forgetRemovals('nobody')
    for (const reader of [storage, await bed.open()]) {
      for (const position of [before, between]) {
        assert.equal((await changesAfter(reader, 'eve', position, 9)).known, false)
      }
      const { rows, removed, known } = await changesAfter(reader, 'eve', after, 9)
      assert.deepEqual([rows, removed, known], [[], [], true])
      const others = await changesAfter(reader, 'bob', bobs, 9)
      assert.deepEqual([others.known, others.removed.length], [true, 1])
    }
    await storage.addMember(session, 'eve', most)
    const { rows, known } = await changesAfter(storage, 'eve', after, 9)
    assert.deepEqual([rows.length, known], [1, true])
  },

  async 'comes and goes while another opening writes, and no entry is lost'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(other, session, [prompt('p'), opened('m')])
    for (let index = 0; index < 4; index++) {
      await storage.addMember(session, 'bob', most)
      await write(other, session, [delta('m', `${index}`)])
      await storage.removeMember(session, 'bob')
      await write(storage, session, [delta('m', '.')])
    }
    for (const reader of [storage, other, await bed.open()]) {
      assert.equal((await reader.state(session)).head.seq, 10)
      const message = await reader.message(session, 'm')
      assert.deepEqual(message?.parts, [{ type: 'text', text: '0.1.2.3.', state: 'streaming' }])
    }
  },
}
