import assert from 'node:assert/strict'

import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { NewSession } from '../../port/sessions.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  erased,
  imported,
  message,
  opened,
  prompt,
  reset,
  runStarted,
  turn,
  undo,
} from '../support/drafts.ts'
import {
  allRows,
  allEvents,
  allMessages,
  assertNotFound,
  everything,
  shownIds,
  maintainAll,
  rowOf,
} from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

const fork: NewSession = { id: 'fork', title: 'Forked', createdAt: 50, members: ['ann', 'bob'] }

async function forkAll(storage: Storage, sourceId: string, upTo: number): Promise<void> {
  await storage.beginFork({ sourceId, upTo, session: fork })
  while (await storage.maintain({ fork: fork.id }));
}

/** Asserts that no read shows the session. */
async function assertHidden(storage: Storage): Promise<void> {
  assert.equal(await storage.session(fork.id), undefined)
  assert.deepEqual(await storage.members(fork.id), [])
  assert.deepEqual((await storage.sessions('bob', { limit: 9 })).sessions, [])
  assert.deepEqual((await allRows(storage, 'bob')).rows, [])
  assert.equal(await rowOf(storage, 'bob', fork.id), undefined)
  await assertNotFound(storage.messages(fork.id, { messages: 9, bytes: 9 }), 'window')
  assert.equal(await refusalOf(storage, fork.id, [prompt('x')]), 'session-missing')
  const found = await storage.search({ text: 'long', in: { principal: 'bob' }, limit: 9 })
  assert.deepEqual(found, [])
}

export const forkCases: Cases = {
  async 'holds the messages up to an order, with ids, orders and epochs'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      ...turn('a'),
      compaction('s'),
      ...turn('b'),
      deleted('b-prompt'),
      ...turn('c'),
    ])
    const source = await everything(storage, session)
    await forkAll(storage, session, 6)
    const messages = await allMessages(storage, fork.id)
    assert.deepEqual(
      messages.map(({ id, order, epoch, revision }) => [id, order, epoch, revision]),
      [
        ['a-prompt', 1, 0, 1],
        ['a-answer', 2, 0, 1],
        ['s', 3, 1, 1],
        ['b-answer', 5, 1, 1],
        ['c-prompt', 6, 1, 1],
      ],
    )
    const { parts, metadata } = (await storage.message(session, 'c-prompt')) ?? {}
    const copy = await storage.message(fork.id, 'c-prompt')
    assert.deepEqual([copy?.parts, copy?.metadata], [parts, metadata])
    assert.deepEqual(await shownIds(storage, fork.id), ['s', 'b-answer', 'c-prompt'])
    assert.deepEqual(await everything(storage, session), source)
  },

  async 'begins its journal with `forked`'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      runStarted('r'),
      { type: 'usage', add: { inputTokens: 5 } },
      ...turn('a'),
    ])
    await forkAll(storage, session, 2)
    const [event, ...rest] = await allEvents(storage, fork.id)
    assert.deepEqual(rest, [])
    assert(event?.type === 'forked')
    const { seq, epoch, count, first, last, canUndo, canRedo } = event
    assert.deepEqual(
      [seq, epoch, count, first, last, canUndo, canRedo],
      [1, 0, 2, 1, 2, true, false],
    )
    const { head, cursor, open, messageCount } = await storage.state(fork.id)
    assert.deepEqual([head.seq, head.epoch, head.canUndo, head.canRedo], [1, 0, true, false])
    assert.deepEqual([head.run, head.usage, head.queue, open], [undefined, undefined, [], []])
    assert.equal(messageCount, 2)
    assert.equal(await checkCursor(storage, fork.id, cursor), 'ok')
  },

  async 'is a session like any other from then on'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b')])
    await forkAll(storage, session, 2)
    const again = await bed.open()
    assert.deepEqual(await again.session(fork.id), {
      id: 'fork',
      title: 'Forked',
      owner: 'ann',
      createdAt: 50,
      updatedAt: 50,
      epoch: 0,
    })
    assert((await again.members(fork.id)).includes('bob'))
    assert.equal((await rowOf(again, 'bob', fork.id))?.unread, 0)
    const found = await again.search({ text: 'answer', in: { sessionId: fork.id }, limit: 9 })
    assert.equal(found.length, 1)
    await write(again, fork.id, turn('b'))
    assert.equal(await refusalOf(again, fork.id, [prompt('a-prompt')]), 'message-exists')
    assert.equal((await again.message(fork.id, 'b-answer'))?.order, 4)
    assert.equal((await rowOf(again, 'bob', fork.id))?.unread, 1)
    await write(again, fork.id, [undo])
    await write(again, fork.id, [undo])
    assert.deepEqual(await shownIds(again, fork.id), [])
  },

  async 'knows where its epoch begins'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [
      ...turn('a'),
      compaction('s'),
      ...turn('b'),
      reset(),
      ...turn('c'),
    ])
    await forkAll(storage, session, 5)
    const window = await storage.messages(fork.id, { messages: 9, bytes: 9_999 })
    assert.deepEqual([window.head.epoch, window.hasOlder], [1, true])
    await write(storage, fork.id, [{ type: 'history-truncated' }])
    assert.deepEqual(await shownIds(storage, fork.id), ['s'])
    await write(storage, fork.id, [reset(), prompt('x')])
    assert.equal((await storage.message(fork.id, 'x'))?.epoch, 2)
  },

  async 'leaves out hidden and open messages'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo])
    await storage.beginFork({ sourceId: session, upTo: 9, session: fork })
    while (await storage.maintain({ fork: fork.id }));
    assert.deepEqual(await shownIds(storage, fork.id), ['a-prompt', 'a-answer'])
    await write(storage, session, [prompt('c'), opened('m'), delta('m', 'x')])
    const second = { ...fork, id: 'fork-2' }
    await storage.beginFork({ sourceId: session, upTo: 9, session: second })
    while (await storage.maintain({ fork: second.id }));
    assert.deepEqual(await shownIds(storage, second.id), ['a-prompt', 'a-answer', 'c'])
  },

  async 'keeps what its source erases afterwards, and the other way round'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, turn('a'))
    await forkAll(storage, session, 2)
    await write(storage, session, [erased('a-prompt')])
    await write(storage, fork.id, [erased('a-answer')])
    assert.deepEqual(await shownIds(storage, session), ['a-answer'])
    assert.deepEqual(await shownIds(storage, fork.id), ['a-prompt'])
  },

  async 'may be empty'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, turn('a'))
    await forkAll(storage, session, 0)
    assert.deepEqual(await shownIds(storage, fork.id), [])
    await write(storage, fork.id, [prompt('x')])
    assert.equal((await storage.message(fork.id, 'x'))?.order, 1)
  },

  async 'is hidden until it is complete'(bed) {
    const { storage, session } = await bed.start()
    const messages = Array.from({ length: 4_000 }, (_, index) => message(`m${index}`, 'long'))
    await write(storage, session, [imported(messages)])
    await storage.beginFork({ sourceId: session, upTo: 3_999, session: fork })
    await assertHidden(storage)
    while (await storage.maintain({ fork: fork.id })) await assertHidden(storage)
    assert.equal((await storage.state(fork.id)).messageCount, 3_999)
    assert.deepEqual(
      (await storage.sessions('bob', { limit: 9 })).sessions.map(({ id }) => id),
      ['fork'],
    )
  },

  async 'is completed by maintenance, also in another process'(bed) {
    const { storage, session } = await bed.start()
    const messages = Array.from({ length: 4_000 }, (_, index) => message(`m${index}`, 'long'))
    await write(storage, session, [imported(messages)])
    await storage.beginFork({ sourceId: session, upTo: 4_000, session: fork })
    await storage.maintain({ fork: fork.id })
    const again = await bed.open()
    await assertHidden(again)
    await maintainAll(again)
    assert.equal((await again.state(fork.id)).messageCount, 4_000)
    assert.equal((await storage.state(fork.id)).messageCount, 4_000)
    assert.equal(await storage.maintain({ fork: fork.id }), false)
  },

  async 'is gone when its source is deleted meanwhile'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [answer('a')])
    await storage.beginFork({ sourceId: session, upTo: 1, session: fork })
    await storage.deleteSession(session)
    await assertNotFound(storage.maintain({ fork: fork.id }), 'continueFork')
    await assertHidden(storage)
    await maintainAll(storage)
    await assertHidden(storage)
    await storage.createSession(fork)
    assert.deepEqual(await shownIds(storage, fork.id), [])
  },

  async 'does not hold up maintenance when its source is deleted'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [answer('a')])
    await storage.beginFork({ sourceId: session, upTo: 1, session: fork })
    await storage.deleteSession(session)
    await maintainAll(storage)
    await assertHidden(storage)
  },

  async 'needs a source'(bed) {
    const storage = await bed.open()
    const call = storage.beginFork({ sourceId: 'nowhere', upTo: 1, session: fork })
    await assertNotFound(call, 'beginFork')
    await assertNotFound(storage.maintain({ fork: fork.id }), 'continueFork')
  },
}
