import assert from 'node:assert/strict'

import type { Storage } from '../../storage.ts'
import type { Cases } from './bed.ts'
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
} from './drafts.ts'
import { write, writeEach } from './writes.ts'

async function row(storage: Storage, sessionId: string, principal = 'ann') {
  const found = await storage.activityRow(principal, sessionId)
  assert(found)
  return found
}

export const activityCases: Cases = {
  async 'has a row per session of the principal, in the order of commits'(bed) {
    const storage = await bed.open()
    const [a, b] = [await bed.session(storage), await bed.session(storage)]
    await bed.session(storage, { members: ['bob'] })
    await write(storage, a, [prompt('x')])
    const { rows, removed, complete, position } = await storage.activity('ann', undefined)
    assert.deepEqual(
      rows.map(({ sessionId }) => sessionId),
      [b, a],
    )
    assert.deepEqual(rows, [await row(storage, b), await row(storage, a)])
    assert.deepEqual([removed, complete], [[], true])
    assert(rows.every(({ revision }) => revision <= position))
    assert.equal(await storage.activityRow('bob', a), undefined)
    assert.equal(await storage.activityRow('ann', 'nowhere'), undefined)
    assert.deepEqual((await storage.activity('eve', undefined)).rows, [])
  },

  async 'tells what a session is about'(bed) {
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

  async 'has what changed since a position, and nothing twice'(bed) {
    const storage = await bed.open()
    const other = await bed.open()
    const [a, b] = [await bed.session(storage), await bed.session(storage)]
    const { position } = await storage.activity('ann', undefined)
    assert.deepEqual((await storage.activity('ann', position)).rows, [])
    await write(other, b, [prompt('x')])
    await write(storage, a, [prompt('x')])
    await write(other, b, [answer('y')])
    const changes = await storage.activity('ann', position)
    assert.deepEqual(
      changes.rows.map(({ sessionId }) => sessionId),
      [a, b],
    )
    assert.equal(changes.complete, false)
    assert(changes.position > position)
    const rest = await other.activity('ann', changes.position)
    assert.deepEqual([rest.rows, rest.removed, rest.complete], [[], [], false])
  },

  async 'keeps its revision while text streams, and has the newest seq all the same'(bed) {
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

  async 'tells a deleted session to those who saw it'(bed) {
    const storage = await bed.open()
    const session = await bed.session(storage, { members: ['ann', 'bob'] })
    const before = await storage.activity('bob', undefined)
    const eve = await storage.activity('eve', undefined)
    await storage.deleteSession(session)
    for (const principal of ['ann', 'bob']) {
      const { rows, removed, complete } = await storage.activity(principal, before.position)
      assert.deepEqual([rows, complete], [[], false])
      assert.deepEqual(
        removed.map(({ sessionId }) => sessionId),
        [session],
      )
    }
    const after = await storage.activity('bob', before.position)
    const [removal] = after.removed
    assert(removal && removal.revision > before.position && removal.revision <= after.position)
    assert.deepEqual((await storage.activity('bob', after.position)).removed, [])
    assert.deepEqual((await storage.activity('eve', eve.position)).removed, [])
    const complete = await storage.activity('bob', undefined)
    assert.deepEqual([complete.rows, complete.removed, complete.complete], [[], [], true])
  },

  async 'gives everything for a position that it never gave'(bed) {
    const { storage, session } = await bed.start()
    const { position } = await storage.activity('ann', undefined)
    const { rows, complete } = await storage.activity('ann', position + 1_000)
    assert.equal(complete, true)
    assert.deepEqual(
      rows.map(({ sessionId }) => sessionId),
      [session],
    )
  },

  async 'never gives a position again'(bed) {
    const { storage, session } = await bed.start()
    const positions = [(await storage.activity('ann', undefined)).position]
    const note = async () => positions.push((await storage.activity('ann', undefined)).position)
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

  async 'moves a read mark forward only, and not beyond the newest message'(bed) {
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
