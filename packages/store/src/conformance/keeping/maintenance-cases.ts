import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  deleted,
  delta,
  enqueued,
  erased,
  finished,
  imported,
  message,
  opened,
  redo,
  replaced,
  reset,
  runEnded,
  runStarted,
  turn,
  undo,
} from '../support/drafts.ts'
import { allRows, everything, maintainAll, importedCounts, usedIds } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

const day = 24 * 60 * 60 * 1_000

/** Creates sessions in every state that maintenance may find. */
const states: Readonly<Record<string, readonly EventDraft[]>> = {
  empty: [],
  streaming: [
    ...turn('a'),
    runStarted('r'),
    opened('m'),
    ...Array.from({ length: 200 }, (_, index) => delta('m', `${index} ü🎉`)),
  ],
  'two stream': [opened('m'), opened('n'), delta('m', 'x'), delta('n', 'y'), delta('m', 'z')],
  'at rest': [...turn('a'), opened('m'), delta('m', 'x'), finished('m'), compaction('s'), reset()],
  queued: [runStarted('r'), enqueued('q'), runEnded('r')],
  edited: [
    ...turn('a'),
    ...turn('b'),
    replaced('a-answer', 'Better'),
    deleted('b-answer'),
    imported([message('i', 'x')], { i: 1 }),
    opened('m'),
    replaced('m', 'other'),
    delta('m', ' text'),
  ],
  undone: [...turn('a'), ...turn('b'), ...turn('c'), undo, undo, redo],
  counted: [
    { type: 'usage', add: { inputTokens: 1 }, models: { m: { inputTokens: 1 } }, child: 'c' },
  ],
}

async function sessionsIn(bed: Bed, storage: Storage): Promise<string[]> {
  const ids: string[] = []
  for (const drafts of Object.values(states)) {
    const session = await bed.session(storage, { title: 'x' })
    await writeEach(storage, session, drafts)
    ids.push(session)
  }
  return ids
}

async function readAll(storage: Storage, sessions: readonly string[]) {
  const read: unknown[] = []
  for (const session of sessions) read.push(await everything(storage, session))
  return {
    read,
    list: await storage.sessions('ann', { limit: 99 }),
    activity: await allRows(storage, 'ann'),
    taken: await usedIds(storage, sessions[5] ?? '', ['b-answer', 'i', 'new']),
    imported: await importedCounts(storage, sessions[5] ?? '', ['i']),
    runs: (await storage.activeRuns()).map(({ lease: _, ...run }) => run),
  }
}

export const maintenanceCases: Cases = {
  async 'changes no read'(bed) {
    const storage = await bed.open()
    const other = await bed.open()
    const sessions = await sessionsIn(bed, storage)
    const before = await readAll(storage, sessions)
    assert.deepEqual(await readAll(other, sessions), before, 'before it, in another opening')
    for (let more = true; more;) {
      more = await storage.maintain({ retention: false })
      assert.deepEqual(await readAll(storage, sessions), before, 'after a step')
    }
    assert.deepEqual(await readAll(other, sessions), before, 'in another opening')
    assert.deepEqual(await readAll(await bed.open(), sessions), before, 'after a crash')
    await maintainAll(other)
    assert.deepEqual(await readAll(other, sessions), before, "after another opening's")
    assert.deepEqual(await readAll(storage, sessions), before, 'and here')
  },

  async 'lets every session continue as before'(bed) {
    const storage = await bed.open()
    const sessions = await sessionsIn(bed, storage)
    const twin = await bed.open()
    const twins = await sessionsIn(bed, twin)
    await maintainAll(storage)
    for (const [index, session] of sessions.entries()) {
      const drafts = [answer('new'), delta('m', ' and on'), finished('m'), runEnded('r')]
      for (const draft of drafts) {
        const [one, two] = await storage.commit(
          [session, twins[index] ?? ''].map((sessionId) => ({ sessionId, at: 9, drafts: [draft] })),
        )
        assert.deepEqual(
          one?.refused ?? one?.events,
          two?.refused ?? two?.events,
          Object.keys(states)[index],
        )
      }
    }
  },

  async 'may run in two openings while both write'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, [opened('m')])
    let text = ''
    for (let index = 0; index < 60; index++) {
      const writer = index % 3 === 0 ? other : storage
      text += `${index} `
      await write(writer, session, [delta('m', `${index} `)])
      if (index % 7 === 0)
        await Promise.all([
          storage.maintain({ retention: false }),
          other.maintain({ retention: false }),
        ])
      if (index % 20 === 0) await maintainAll(other)
    }
    await write(other, session, [finished('m')])
    for (const reader of [storage, other, await bed.open()]) {
      const { parts = [] } = (await reader.message(session, 'm')) ?? {}
      assert.deepEqual(parts, [{ type: 'text', text, state: 'done' }])
    }
    assert.deepEqual(await everything(other, session), await everything(storage, session))
  },

  async 'leaves all writes to an opening that slept through it'(bed) {
    const storage = await bed.open()
    const sessions = await sessionsIn(bed, storage)
    const sleeper = await bed.open()
    await readAll(sleeper, sessions)
    for (let days = 0; days < 3; days++) {
      for (const session of sessions) await write(storage, session, turn(`day-${days}`))
      await maintainAll(storage)
      bed.skip(day)
    }
    assert.deepEqual(await readAll(sleeper, sessions), await readAll(storage, sessions))
    for (const session of sessions) await write(sleeper, session, turn('awake'))
    assert.deepEqual(await readAll(sleeper, sessions), await readAll(storage, sessions))
  },

  async 'comes to an end, and then has nothing to do'(bed) {
    const storage = await bed.open()
    const [first = ''] = await sessionsIn(bed, storage)
    await write(storage, first, turn('z'))
    await write(storage, first, [erased('z-answer')])
    await storage.deleteSession(await bed.session(storage))
    await maintainAll(storage)
    assert.equal(await storage.maintain({ retention: false }), false)
  },

  async 'reports how much is left to do, and nothing unreadable'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    for (let days = 0; days < 3; days++) {
      const { unpackedEvents, unreadable, fileBytes } = storage.stats()
      assert(unpackedEvents >= 0 && unpackedEvents <= 2)
      assert.equal(unreadable, 0)
      assert(fileBytes >= 0)
      await maintainAll(storage)
      bed.skip(day)
    }
    assert.equal(storage.stats().unpackedEvents, 0)
  },
}
