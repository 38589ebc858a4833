import assert from 'node:assert/strict'

import type { ActivityRow } from '@caughtup/schema'

import type { ListQuery } from '../../port/sessions.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  finished,
  opened,
  prompt,
  runChanged,
  runEnded,
  runStarted,
  turn,
} from '../support/drafts.ts'
import { allRows, rowOf, changesAfter } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

async function row(storage: Storage, sessionId: string, principal = 'ann') {
  const found = await rowOf(storage, principal, sessionId)
  assert(found)
  return found
}

export const activityCases: Cases = {
  async 'has a row per session of the principal, in an order that never changes'(bed) {
    const storage = await bed.open()
    const [a, b, c] = [
      await bed.session(storage),
      await bed.session(storage),
      await bed.session(storage),
    ]
    await bed.session(storage, { members: ['bob'] })
    await write(storage, a, [prompt('x')])
    for (const limit of [1, 2, 3, 4]) {
      const { rows, position } = await allRows(storage, 'ann', limit)
      assert.deepEqual(rows, [await row(storage, a), await row(storage, b), await row(storage, c)])
      assert(rows.every(({ revision }) => revision <= position))
    }
    assert.equal(await rowOf(storage, 'bob', a), undefined)
    assert.equal(await rowOf(storage, 'ann', 'nowhere'), undefined)
    assert.deepEqual((await allRows(storage, 'eve')).rows, [])
  },

  async 'has each row once, even if sessions change between the steps'(bed) {
    const storage = await bed.open()
    const ids: string[] = []
    for (let index = 0; index < 6; index++) ids.push(await bed.session(storage))
    const [a = '', b = '', c = '', d = ''] = ids
    const first = await storage.activity('ann', { by: 'creation', limit: 2 })
    await write(storage, d, [prompt('x')])
    await write(storage, a, [prompt('x')])
    await storage.deleteSession(b)
    await storage.deleteSession(c)
    const made = await bed.session(storage)
    const rest = await storage.activity('ann', { by: 'creation', limit: 9, after: first.next ?? 0 })
    const listed = [...first.rows, ...rest.rows].map(({ sessionId }) => sessionId)
    assert.deepEqual(listed, [a, b, ...ids.slice(3), made])
    const { rows, removed } = await changesAfter(storage, 'ann', first.position, 99)
    assert.deepEqual(
      rows.map(({ sessionId }) => sessionId),
      [d, a, made],
    )
    assert.deepEqual(
      removed.map(({ sessionId }) => sessionId),
      [b, c],
    )
  },

  async 'is listed by recency, newest first, in pages'(bed) {
    const storage = await bed.open()
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.push(await bed.session(storage))
    await bed.session(storage, { members: ['bob'], createdAt: 99 })
    await write(storage, ids[1] ?? '', [prompt('a')], { at: 70 })
    await write(storage, ids[3] ?? '', [prompt('a')], { at: 80 })
    const expected = [ids[3], ids[1], ids[4], ids[2], ids[0]]
    for (const limit of [1, 2, 4, 5, 6]) {
      const found: string[] = []
      for (let after: ListQuery['after']; ;) {
        const page = await storage.activity('ann', {
          by: 'recency',
          limit,
          ...(after && { after }),
        })
        for (const one of page.rows) assert.deepEqual(one, await row(storage, one.sessionId))
        found.push(...page.rows.map(({ sessionId }) => sessionId))
        assert.equal(page.position, (await allRows(storage, 'ann')).position)
        after = page.nextPlace
        if (!after) break
        assert.equal(page.rows.length, limit, 'Every page but the last is full.')
      }
      assert.deepEqual(found, expected, `${limit} to a page`)
    }
    assert.deepEqual((await storage.activity('eve', { by: 'recency', limit: 3 })).rows, [])
  },

  async 'describes a session'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { title: 'Title', createdAt: 3 })
    const { revision, ...fresh } = await row(storage, session)
    const empty = { generation: 0, epoch: 0, messageCount: 0, headSeq: 0, unread: 0 }
    const start = { sessionId: session, title: 'Title', recency: 3, streaming: false, ...empty }
    assert.deepEqual(fresh, start)
    assert(revision > 0)
    const contextUsage = { tokens: 7, limit: 10 }
    await write(storage, session, [runStarted('r', 'model-1'), prompt('a'), opened('m')], {
      at: 10,
    })
    assert.equal((await row(storage, session)).streaming, true)
    await write(
      storage,
      session,
      [
        { type: 'message-finished', messageId: 'm', reason: 'stop', contextUsage },
        {
          type: 'run-ended',
          runId: 'r',
          reason: 'error',
          error: { code: 'overloaded', message: 'Too much' },
        },
      ],
      { at: 20 },
    )
    const { revision: after, ...now } = await row(storage, session)
    assert.deepEqual(now, {
      ...start,
      recency: 20,
      generation: 1,
      lastModel: 'model-1',
      messageCount: 2,
      lastMessageAt: 10,
      headSeq: 5,
      unread: 1,
      contextUsage,
      lastError: { code: 'overloaded', message: 'Too much' },
    })
    assert(after > revision)
  },

  async 'has each change since a position once'(bed) {
    const storage = await bed.open()
    const other = await bed.open()
    const [a, b] = [await bed.session(storage), await bed.session(storage)]
    const { position } = await allRows(storage, 'ann')
    const nothing = { rows: [], removed: [], position, known: true }
    assert.deepEqual(await changesAfter(storage, 'ann', position, 9), nothing)
    await write(other, b, [prompt('x')])
    await write(storage, a, [prompt('x')])
    await write(other, b, [answer('y')])
    const changes = await changesAfter(storage, 'ann', position, 9)
    assert.deepEqual(
      changes.rows.map(({ sessionId }) => sessionId),
      [a, b],
    )
    assert.equal(changes.known, true)
    assert(changes.position > position)
    const rest = await changesAfter(other, 'ann', changes.position, 9)
    assert.deepEqual(rest, { ...nothing, position: changes.position })
  },

  async 'reports changes and removals in steps, in the order of commits'(bed) {
    const storage = await bed.open()
    const { position } = await allRows(storage, 'ann')
    const ids: string[] = []
    for (let index = 0; index < 6; index++) {
      ids.push(await bed.session(storage))
      await bed.session(storage, { members: ['bob'] })
    }
    for (const index of [4, 1]) await storage.deleteSession(ids[index] ?? '')
    await write(storage, ids[0] ?? '', [prompt('x')])
    const expected = [ids[2], ids[3], ids[5], ids[4], ids[1], ids[0]]
    for (const limit of [1, 2, 5, 6, 7]) {
      const told: string[] = []
      for (let since = position; ;) {
        const step = await changesAfter(storage, 'ann', since, limit)
        const changes = [...step.rows, ...step.removed].sort((x, y) => x.revision - y.revision)
        told.push(...changes.map(({ sessionId }) => sessionId))
        assert(changes.length <= limit)
        assert(changes.every(({ revision }) => revision > since && revision <= step.position))
        since = step.position
        if (step.next === undefined) break
        assert.equal(step.next, step.position)
        assert.equal(changes.length, limit, 'Every step but the last is full.')
      }
      assert.deepEqual(told, expected, `${limit} to a step`)
    }
  },

  async 'shows followers every change of any number of concurrent openings'(bed) {
    const [storage, other, reader] = [await bed.open(), await bed.open(), await bed.open()]
    const ids: string[] = []
    for (let index = 0; index < 4; index++) {
      ids.push(await bed.session(storage, { members: index % 2 ? ['ann'] : ['ann', 'bob'] }))
    }
    const { position: start } = await allRows(reader, 'ann')
    const writeAndFollow = async (opening: Storage, name: string) => {
      const told = new Map<string, ActivityRow>()
      let position = start
      const follow = async () => {
        for (let next: number | undefined = position; next !== undefined;) {
          const step = await changesAfter(reader, 'ann', next, 2)
          assert(step.known)
          for (const row of step.rows) {
            assert(row.revision > position, 'A change appears behind the position.')
            told.set(row.sessionId, row)
          }
          ;({ position, next } = { next: undefined, ...step })
        }
      }
      for (let index = 0; index < 12; index++) {
        const id = ids[index % 4] ?? ''
        const some = index % 3 === 0 ? ids : [id]
        await opening.commit(
          some.map((sessionId) => ({ sessionId, at: 5, drafts: [prompt(`${name}-${index}`)] })),
        )
        const written = (await row(opening, id)).messageCount
        await follow()
        assert((told.get(id)?.messageCount ?? 0) >= written)
      }
      return { follow, told }
    }
    const followers = await Promise.all([
      writeAndFollow(storage, 'a'),
      writeAndFollow(other, 'b'),
      writeAndFollow(storage, 'c'),
    ])
    const { rows } = await allRows(storage, 'ann')
    for (const { follow, told } of followers) {
      await follow()
      assert.deepEqual(
        rows.map(({ sessionId }) => told.get(sessionId)),
        rows,
      )
    }
  },

  async 'reports many changes like few'(bed) {
    const storage = await bed.open()
    const [a, b] = [await bed.session(storage), await bed.session(storage)]
    const { position } = await allRows(storage, 'ann')
    await storage.updateSession(b, { title: 'b', at: 1 })
    for (let index = 0; index < 1_100; index++) {
      await storage.updateSession(a, { title: `${index}`, at: 1 })
    }
    const { rows } = await changesAfter(storage, 'ann', position, 9)
    assert.deepEqual(rows, [await row(storage, b), await row(storage, a)])
    const { rows: newest } = await changesAfter(storage, 'ann', position + 1, 9)
    assert.deepEqual(newest, [await row(storage, a)])
  },

  async 'keeps its revision while text streams, but has the newest seq'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [opened('m')])
    const before = await row(storage, session)
    await write(storage, session, [delta('m', 'x'), delta('m', 'y')])
    assert.deepEqual(await row(storage, session), { ...before, headSeq: 3 })
    await write(storage, session, [finished('m')])
    assert((await row(storage, session)).revision > before.revision)
  },

  async 'does not stream while the run waits'(bed) {
    const { storage, session } = await bed.start()
    const streaming = []
    for (const draft of [
      runStarted('r'),
      runChanged('r', 'waiting'),
      runChanged('r', 'streaming'),
      runEnded('r'),
    ]) {
      await write(storage, session, [draft])
      streaming.push((await row(storage, session)).streaming)
    }
    assert.deepEqual(streaming, [true, false, true, false])
  },

  async 'reports a deleted session to those who saw it'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    const { position } = await allRows(storage, 'bob')
    await storage.deleteSession(session)
    for (const principal of ['ann', 'bob']) {
      const { rows, removed, known } = await changesAfter(storage, principal, position, 9)
      assert.deepEqual([rows, known], [[], true])
      assert.deepEqual(
        removed.map(({ sessionId }) => sessionId),
        [session],
      )
    }
    const after = await changesAfter(storage, 'bob', position, 9)
    const [removal] = after.removed
    assert(removal && removal.revision > position && removal.revision <= after.position)
    assert.deepEqual((await changesAfter(storage, 'bob', after.position, 9)).removed, [])
    assert.deepEqual((await changesAfter(storage, 'eve', position, 9)).removed, [])
    assert.deepEqual((await allRows(storage, 'bob')).rows, [])
  },

  async 'does not continue from a position that it never returned'(bed) {
    const { storage } = await bed.start()
    const { position } = await allRows(storage, 'ann')
    const changes = await changesAfter(storage, 'ann', position + 1_000, 9)
    assert.deepEqual(changes, { rows: [], removed: [], position, known: false })
  },

  async 'never gives a position again'(bed) {
    const { storage, session } = await bed.start()
    const positions = [(await allRows(storage, 'ann')).position]
    const note = async () => positions.push((await allRows(storage, 'ann')).position)
    await write(storage, session, [prompt('a')])
    await note()
    const other = await bed.session(await bed.open())
    await note()
    await storage.deleteSession(other)
    await note()
    await storage.updateSession(session, { title: 'x', at: 1 })
    await note()
    await bed.session(await bed.open())
    await note()
    assert.deepEqual(
      positions,
      [...new Set(positions)].toSorted((a, b) => a - b),
    )
  },

  async "counts finished answers after the principal's read mark"(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    await writeEach(storage, session, [
      ...turn('a'),
      ...turn('b'),
      compaction('s'),
      ...turn('c'),
      opened('m'),
    ])
    const unread = async () => [
      (await row(storage, session)).unread,
      (await row(storage, session, 'bob')).unread,
    ]
    assert.deepEqual(await unread(), [3, 3])
    assert.equal(await storage.markRead(session, 'ann', 2), 2)
    assert.deepEqual(await unread(), [2, 3])
    await write(storage, session, [finished('m')])
    assert.deepEqual(await unread(), [3, 4])
    await write(storage, session, [deleted('c-answer')])
    assert.deepEqual(await unread(), [2, 3])
  },

  async 'moves a read mark only forward, and not beyond the newest message'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, [...turn('a'), ...turn('b')])
    const before = await row(storage, session)
    assert.equal(await storage.markRead(session, 'ann', 2), 2)
    const marked = await row(storage, session)
    assert(marked.revision > before.revision)
    assert.equal(await other.markRead(session, 'ann', 1), 2)
    assert.equal(await storage.markRead(session, 'ann', 2), 2)
    assert.deepEqual(await row(storage, session), marked)
    assert.equal(await other.markRead(session, 'ann', 1_000), 4)
    await write(storage, session, turn('c'))
    assert.equal((await row(storage, session)).unread, 1)
  },
}
