import assert from 'node:assert/strict'

import type { Cases } from '../support/bed.ts'
import { answer, imported, message, prompt, reset, turn, undo } from '../support/drafts.ts'
import { allMessages, shownIds, importedCounts, usedIds, rowOf } from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

const rows = [
  message('i1', 'Foreign question', { role: 'user', createdAt: 5 }),
  message('i2', 'Foreign answer', { createdAt: 6 }),
]

export const importCases: Cases = {
  async 'puts messages at the end of the newest epoch'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), reset(), answer('b')])
    const { events } = await write(storage, session, [imported(rows)], { at: 9 })
    const place = { seq: 5, from: 5, epoch: 1, at: 9 }
    const undoState = { canUndo: true, canRedo: false, next: 0 }
    assert.deepEqual(events, [
      { type: 'imported', ...place, count: 2, first: 4, last: 5, ...undoState },
    ])
    const messages = await allMessages(storage, session)
    assert.deepEqual(
      messages.slice(2).map(({ id, order, revision, epoch }) => [id, order, revision, epoch]),
      [
        ['b', 3, 4, 1],
        ['i1', 4, 5, 1],
        ['i2', 5, 5, 1],
      ],
    )
    const { head, messageCount } = await storage.state(session)
    assert.equal(messageCount, 5)
    assert.equal(head.canUndo, true)
    await write(storage, session, [prompt('c')])
    assert.equal((await storage.message(session, 'c'))?.order, 6)
  },

  async 'treats imported messages like others'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [imported(rows)])
    const found = await storage.search({ text: 'foreign', in: { sessionId: session }, limit: 9 })
    assert.deepEqual(
      found.map(({ messageId }) => messageId),
      ['i2', 'i1'],
    )
    assert.equal((await rowOf(storage, 'ann', session))?.unread, 1)
    await write(storage, session, [undo])
    assert.deepEqual(await shownIds(storage, session), [])
  },

  async 'gives an empty session the recency of the import, and any other only a later one'(bed) {
    const { storage } = await bed.start()
    const { id } = await storage.createSession({
      id: 'old',
      title: '',
      createdAt: 100,
      members: ['ann'],
    })
    const again = await bed.open()
    const expectRecency = async (recency: number) => {
      for (const reader of [storage, again]) {
        assert.equal((await rowOf(reader, 'ann', id))?.recency, recency)
        const { sessions, next } = await reader.sessions('ann', { limit: 9 })
        assert.equal(next, undefined)
        assert.equal(sessions.find((session) => session.id === id)?.createdAt, 100)
      }
    }
    await expectRecency(100)
    const [event] = (await write(storage, id, [imported(rows, {}, { recency: 50 })], { at: 900 }))
      .events
    assert.equal(event?.type === 'imported' && event.recency, 50)
    await expectRecency(50)
    await write(storage, id, [imported([message('i3', 'x')], {}, { recency: 40 })], { at: 910 })
    await expectRecency(50)
    await write(storage, id, [imported([message('i4', 'x')], {}, { recency: 60 })], { at: 920 })
    await expectRecency(60)
    await write(storage, id, [imported([message('i5', 'x')])], { at: 930 })
    await expectRecency(930)
    while (await storage.maintain({ retention: false }));
    await expectRecency(930)
  },

  async 'marks the import as read by the named members, and never moves a mark back'(bed) {
    const { storage } = await bed.start()
    const members = ['ann', 'bob']
    const { id } = await storage.createSession({ id: 'read', title: '', createdAt: 1, members })
    const unread = async (principal: string) => (await rowOf(storage, principal, id))?.unread
    await write(storage, id, [imported(rows, {}, { readBy: ['ann', 'nobody'] })])
    assert.deepEqual([await unread('ann'), await unread('bob')], [0, 1])
    await write(storage, id, [imported([message('i3', 'x')], {}, { readBy: ['bob'] })])
    assert.deepEqual([await unread('ann'), await unread('bob')], [1, 0])
    assert.equal(await rowOf(storage, 'nobody', id), undefined)
    assert.equal(await storage.markRead(id, 'bob', 1), 3)
  },

  async 'remembers how often each identity was imported'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [imported(rows, { one: 1, two: 2 })])
    await write(storage, session, [imported([], { two: 5, three: 1 })])
    const again = await bed.open()
    for (const reader of [storage, again]) {
      assert.deepEqual(
        await importedCounts(reader, session, ['one', 'two', 'three', 'four']),
        new Map([
          ['one', 1],
          ['two', 5],
          ['three', 1],
        ]),
      )
      assert.deepEqual(await importedCounts(reader, session, []), new Map())
    }
    const other = await bed.session(storage)
    assert.deepEqual(await importedCounts(storage, other, ['one']), new Map())
  },

  async 'still remembers erased rows, and nothing of a refused import'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      imported(rows, { one: 1 }),
      { type: 'message-erased', messageIds: ['i1', 'i2'] },
    ])
    assert.deepEqual(await importedCounts(storage, session, ['one']), new Map([['one', 1]]))
    const twice = [imported([message('new', 'x'), message('i1', 'x')], { two: 1 })]
    assert.equal(await refusalOf(storage, session, twice), 'message-gone')
    assert.deepEqual(await importedCounts(storage, session, ['two']), new Map())
    assert.deepEqual(await usedIds(storage, session, ['new']), new Set())
  },

  async 'accepts as many identities as a long transcript has'(bed) {
    const { storage, session } = await bed.start()
    const names = Array.from({ length: 3_000 }, (_, index) => `identity-${index}`)
    const messages = names.map((name, index) => message(`m${index}`, name))
    const counts = Object.fromEntries(names.map((name) => [name, 1]))
    await write(storage, session, [imported(messages, counts)])
    assert.equal((await importedCounts(storage, session, names)).size, 3_000)
    const ids = messages.map(({ id }) => id)
    assert.equal((await usedIds(storage, session, ids)).size, 3_000)
    assert.equal((await storage.state(session)).messageCount, 3_000)
  },
}
