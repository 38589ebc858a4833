import assert from 'node:assert/strict'

import { CaughtupError } from '@caughtup/schema'

import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { CopyPlace, SessionCopy } from '../../port/session-copy.ts'
import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  compaction,
  deleted,
  delta,
  enqueued,
  erased,
  finished,
  imported,
  message,
  opened,
  prompt,
  queued,
  redo,
  runEnded,
  runStarted,
  turn,
  undo,
} from '../support/drafts.ts'
import {
  assertNotFound,
  changesAfter,
  everything,
  maintainAll,
  shownIds,
} from '../support/reads.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

/** A database with a session of two members, and an empty database. */
async function start(bed: Bed): Promise<{ from: Storage; to: Storage }> {
  const [from, to] = [await bed.open(), await bed.openOther()]
  const metadata = { project: 'p' }
  const made = { id: 's', title: 'Title', createdAt: 1, members: ['bob', 'ann'], metadata }
  await from.createSession(made)
  return { from, to }
}

/** A stretch as it comes from another process: nothing is shared. */
async function read(storage: Storage, place?: CopyPlace): Promise<SessionCopy> {
  return structuredClone(await storage.readSession('s', place))
}

/** Every stretch, the first one first. */
async function readAll(storage: Storage): Promise<SessionCopy[]> {
  const copies = [await read(storage)]
  for (let place = copies[0]?.next; place; place = copies.at(-1)?.next) {
    copies.push(await read(storage, place))
  }
  return copies
}

/** Returns how many stretches there were. */
async function copyAll(from: Storage, to: Storage): Promise<number> {
  const copies = await readAll(from)
  for (const copy of copies) await to.writeSession(copy)
  return copies.length
}

/** Asserts that each member reads the same in both. */
async function assertSame(from: Storage, to: Storage): Promise<void> {
  for (const principal of ['ann', 'bob']) {
    const one = await everything(from, 's', principal)
    const two = await everything(to, 's', principal)
    // Where a change is in a feed is the feed's own matter.
    const activity = two.activity && {
      ...two.activity,
      revision: one.activity?.revision,
    }
    assert.deepEqual({ ...two, activity }, one)
  }
  assert.deepEqual(await to.members('s'), await from.members('s'))
}

async function assertHidden(storage: Storage): Promise<void> {
  assert.equal(await storage.session('s'), undefined)
  assert.deepEqual(await storage.members('s'), [])
  assert.deepEqual((await storage.sessions('ann', { limit: 9 })).sessions, [])
  assert.deepEqual((await changesAfter(storage, 'ann', 0, 9)).rows, [])
  assert.deepEqual(await storage.activeRuns(), [])
  assert.deepEqual(await storage.deleteSession('s'), [])
  await assertNotFound(storage.state('s'), 'state')
  assert.equal(await refusalOf(storage, 's', [prompt('x')]), 'session-missing')
  const found = await storage.search({ text: 'prompt', in: { principal: 'ann' }, limit: 9 })
  assert.deepEqual(found, [])
}

async function assertConflict(call: Promise<unknown>, reason: string): Promise<void> {
  await assert.rejects(
    call,
    (error) =>
      error instanceof CaughtupError &&
      error.code === 'CONFLICT' &&
      error.data?.['reason'] === reason,
  )
}

export const copyCases: Cases = {
  async 'is the same in another database, with its cursors'(bed) {
    const { from, to } = await start(bed)
    const results = [
      ...(await writeEach(from, 's', [...turn('a'), compaction('c'), ...turn('b')])),
      await write(from, 's', [imported([message('i', 'There')], { i: 2 })]),
      ...(await writeEach(from, 's', [...turn('d'), deleted('d-answer'), erased('b-answer')])),
      await write(from, 's', [{ type: 'usage', add: { inputTokens: 1 }, child: 'child' }]),
      ...(await writeEach(from, 's', [compaction('d'), ...turn('e'), ...turn('f')])),
    ]
    await from.markRead('s', 'ann', 2)
    await from.updateSession('s', { title: 'Another', at: 5 })
    await copyAll(from, to)
    await assertSame(from, to)
    await maintainAll(to)
    await assertSame(from, await bed.openOther())
    const ledgers = await to.ledgers('s', { from: 0, upTo: 9 })
    assert.deepEqual(ledgers, new Map([[1, { totals: { inputTokens: 1 } }]]))
    for (const { cursor } of results) assert.equal(await checkCursor(to, 's', cursor), 'ok')
    const { cursor } = await from.state('s')
    const verdict = await checkCursor(from, 's', { ...cursor, tag: 'other' })
    assert.notEqual(verdict, 'ok')
    assert.equal(await checkCursor(to, 's', { ...cursor, tag: 'other' }), verdict)
  },

  async 'remembers ids that were used'(bed) {
    const { from, to } = await start(bed)
    await write(from, 's', [imported([message('i', 'There')], { i: 2 })])
    await writeEach(from, 's', [...turn('a'), deleted('a-answer'), ...turn('b'), undo])
    await write(from, 's', [{ type: 'usage', add: { inputTokens: 1 }, child: 'child' }])
    await copyAll(from, to)
    const names = {
      identities: ['i', 'j'],
      messageIds: ['a-answer', 'b-prompt', 'a-prompt', 'new'],
    }
    assert.deepEqual(await to.lookup('s', names), await from.lookup('s', names))
    assert.equal(await refusalOf(to, 's', [prompt('a-answer')]), 'message-gone')
    assert.equal(await refusalOf(to, 's', [prompt('a-prompt')]), 'message-exists')
    const usage = { type: 'usage', add: {}, child: 'child' } as const
    assert.equal(await refusalOf(to, 's', [usage]), 'counted-already')
  },

  async 'owes the calls of hooks that its source owes'(bed) {
    const { from, to } = await start(bed)
    for (const [at, id] of ['r1', 'r2'].entries()) {
      const drafts = [runStarted(id), runEnded(id)]
      await from.commit([{ sessionId: 's', at, drafts }], { owes: true })
    }
    const owed = await from.owed.list(9)
    assert.equal(owed.length, 2)
    await from.owed.postpone(owed[0]?.hook.id ?? '', 5)
    await copyAll(from, to)
    assert.deepEqual(await to.owed.list(9), await from.owed.list(9))
  },

  async 'undoes and redoes like its source'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', [...turn('a'), ...turn('b'), ...turn('c'), undo, undo])
    await copyAll(from, to)
    await assertSame(from, to)
    for (const draft of [redo, redo, undo, undo, undo, redo]) {
      for (const storage of [from, to]) await write(storage, 's', [draft])
      assert.deepEqual(await shownIds(to, 's'), await shownIds(from, 's'))
      const find = (storage: Storage) =>
        storage.search({ text: 'answer', in: { sessionId: 's' }, limit: 9 })
      assert.deepEqual(await find(to), await find(from))
    }
  },

  async 'keeps where retention has cut its journal'(bed) {
    const { from, to } = await start(bed)
    const results = await writeEach(from, 's', [...turn('a'), ...turn('b'), ...turn('c')])
    const retention = { age: Number.MAX_SAFE_INTEGER, events: 2 }
    while (await from.maintain({ retention }));
    await copyAll(from, to)
    await assertSame(from, to)
    assert.equal((await to.state('s')).floor, 4)
    const verdicts = (storage: Storage) =>
      Promise.all(results.map(({ cursor }) => checkCursor(storage, 's', cursor)))
    assert.deepEqual(await verdicts(to), await verdicts(from))
    assert((await verdicts(to)).includes('cursor-expired'))
  },

  async 'goes on with its run and queue, which no process leads'(bed) {
    const { from, to } = await start(bed)
    await write(from, 's', [runStarted('r'), prompt('p'), opened('m')])
    const steering = { ...queued('q2'), steer: true as const }
    await writeEach(from, 's', [enqueued('q1'), { type: 'queue-changed', add: steering }])
    await write(from, 's', [{ type: 'queue-changed', add: queued('q3'), front: true }])
    for (let index = 0; index < 50; index++) await write(from, 's', [delta('m', `${index} `)])
    await copyAll(from, to)
    await assertSame(from, to)
    const [run] = await to.activeRuns()
    assert.equal(run?.head.run?.id, 'r')
    assert.deepEqual(
      run?.head.queue.map(({ runId }) => runId),
      ['q3', 'q2', 'q1'],
    )
    assert.equal(run?.lease, undefined)
    for (const storage of [from, to]) await write(storage, 's', [delta('m', 'end'), finished('m')])
    assert.deepEqual(await to.message('s', 'm'), await from.message('s', 'm'))
  },

  async 'is copied in bounded stretches'(bed) {
    const { from, to } = await start(bed)
    const messages = Array.from({ length: 1_200 }, (_, index) => message(`m${index}`, 'x'))
    await write(from, 's', [imported(messages, { a: 1 })])
    for (let index = 0; index < 20; index++) {
      await write(from, 's', [prompt(`p${index}`, 'y'.repeat(200_000))])
    }
    await maintainAll(from)
    assert((await copyAll(from, to)) > 5)
    await assertSame(from, to)
  },

  async 'has the title and read marks of its last stretch'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', turn('a'))
    for (let place: CopyPlace | undefined; ;) {
      const copy = await read(from, place)
      await to.writeSession(copy)
      place = copy.next
      if (!place) break
      const { title } = copy.session
      await from.updateSession('s', { title: `${title}!`, at: 5 })
      await from.markRead('s', 'ann', 2)
    }
    await assertSame(from, to)
  },

  async 'may be empty'(bed) {
    const { from, to } = await start(bed)
    await copyAll(from, to)
    await assertSame(from, to)
    await write(to, 's', [prompt('a')])
    assert.deepEqual(await shownIds(to, 's'), ['a'])
  },

  async 'is shown with its last stretch, and told to other processes'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', [...turn('a'), ...turn('b')])
    const other = await bed.openOther()
    const copies = await readAll(from)
    assert(copies.length > 1)
    for (const copy of copies) {
      await assertHidden(to)
      await assertHidden(other)
      await to.writeSession(copy)
      await maintainAll(to)
    }
    const { sessions } = await other.changes.next(AbortSignal.timeout(5_000))
    assert(sessions === 'all' || sessions.has('s'))
    await assertSame(from, other)
    const { rows } = await changesAfter(other, 'ann', 0, 9)
    assert.deepEqual(
      rows.map(({ sessionId }) => sessionId),
      ['s'],
    )
    await write(other, 's', [prompt('c')])
    assert.deepEqual(await everything(to, 's'), await everything(other, 's'))
  },

  async 'begins anew after an interruption, and what was written before does not continue'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', [...turn('a'), ...turn('b'), undo])
    const [first, second] = await readAll(from)
    assert(first && second)
    await to.writeSession(first)
    await assertConflict(to.createSession({ ...first.session, members: ['bob'] }), 'session-exists')
    await write(from, 's', [prompt('c')])
    await assertConflict(read(from, first.next), 'session-changed')
    const anew = await readAll(from)
    for (const copy of anew) {
      await to.writeSession(copy)
      // The copier that was interrupted wakes up.
      const late = to.writeSession(second)
      if (copy.next) await assertNotFound(late, 'late')
      else await assertConflict(late, 'session-exists')
    }
    await assertSame(from, to)
    await maintainAll(to)
    await assertSame(from, to)
  },

  async 'writes no stretch that is not the next'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', turn('a'))
    const [first, ...rest] = await readAll(from)
    const last = rest.at(-1)
    assert(first && last && rest.length > 1)
    await assertNotFound(to.writeSession(last), 'none')
    await to.writeSession(first)
    await assertNotFound(to.writeSession(last), 'gap')
    await assertHidden(to)
    for (const copy of rest) await to.writeSession(copy)
    await assertSame(from, to)
  },

  async 'is removed when it gets no more stretches'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', turn('a'))
    const [first, second] = await readAll(from)
    assert(first && second)
    await maintainAll(to)
    await to.writeSession(first)
    bed.skip(3_700_000)
    await maintainAll(to)
    await to.writeSession(second)
    bed.skip(3_700_000)
    await maintainAll(to)
    await assertConflict(to.createSession({ ...first.session, members: ['bob'] }), 'session-exists')
    bed.skip(3_700_000)
    await maintainAll(to)
    await to.createSession({ ...first.session, members: ['bob'] })
    assert.deepEqual(await shownIds(to, 's'), [])
    assert.deepEqual(await to.members('s'), ['bob'])
  },

  async 'does not replace a session'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', turn('a'))
    await to.createSession({ id: 's', title: 'Other', createdAt: 2, members: ['ann'] })
    await write(to, 's', [prompt('x')])
    await assertConflict(copyAll(from, to), 'session-exists')
    await assertConflict(copyAll(from, from), 'session-exists')
    assert.deepEqual(await shownIds(to, 's'), ['x'])
    assert.deepEqual(await shownIds(from, 's'), ['a-prompt', 'a-answer'])
  },

  async 'ends when its source is deleted, and is gone when it is deleted itself'(bed) {
    const { from, to } = await start(bed)
    await writeEach(from, 's', turn('a'))
    const copies = await readAll(from)
    const [first, last] = [copies[0], copies.at(-1)]
    assert(first && last)
    for (const copy of copies) await to.writeSession(copy)
    assert.deepEqual((await to.deleteSession('s')).toSorted(), ['ann', 'bob'])
    await assertNotFound(to.writeSession(last), 'late')
    await assertHidden(to)
    await from.deleteSession('s')
    await assertNotFound(from.readSession('s', first.next), 'readSession')
    for (const copy of copies) await to.writeSession(copy)
    assert.deepEqual(await shownIds(to, 's'), ['a-prompt', 'a-answer'])
  },
}
