import assert from 'node:assert/strict'

import { readBatch } from '../../core/reading/read-events.ts'
import type { Cases } from '../support/bed.ts'
import {
  answer,
  compaction,
  delta,
  dequeued,
  enqueued,
  finished,
  opened,
  prompt,
  queued,
  runEnded,
  runStarted,
  turn,
} from '../support/drafts.ts'
import { allEvents, everything, shownIds, usedIds } from '../support/reads.ts'
import { accepted, write, writeEach } from '../support/writes.ts'

export const commitCases: Cases = {
  async 'gives events the next seqs, and returns the cursor after them'(bed) {
    const { storage, session } = await bed.start()
    const first = await write(storage, session, turn('a'), { at: 5 })
    const second = await write(storage, session, [opened('m'), delta('m', 'x')], { at: 6 })
    const places = [...first.events, ...second.events].map(({ seq, from, at, epoch }) => [
      seq,
      from,
      at,
      epoch,
    ])
    assert.deepEqual(places, [
      [1, 1, 5, 0],
      [2, 2, 5, 0],
      [3, 3, 6, 0],
      [4, 4, 6, 0],
    ])
    assert.equal(first.cursor.seq, 2)
    assert.equal(second.cursor.seq, 4)
    assert.deepEqual((await storage.state(session)).cursor, second.cursor)
  },

  async 'lists the events that it returned'(bed) {
    const { storage, session } = await bed.start()
    const results = [
      await write(storage, session, turn('a'), { at: 5 }),
      ...(await writeEach(storage, session, [opened('m'), delta('m', 'x'), delta('m', 'y')])),
    ]
    const returned = results.flatMap(({ events }) => events)
    assert.deepEqual(await allEvents(storage, session), returned)
  },

  async 'applies or refuses each slice as a whole'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.session(storage)
    const results = await storage.commit([
      { sessionId: session, at: 1, drafts: [prompt('a')] },
      { sessionId: session, at: 1, drafts: [prompt('b'), delta('nobody', 'x')] },
      { sessionId: 'nowhere', at: 1, drafts: [prompt('c')] },
      { sessionId: session, at: 1, drafts: [prompt('d')], guard: { is: 'run', runId: 'r' } },
      { sessionId: other, at: 1, drafts: [prompt('e')] },
      { sessionId: session, at: 1, drafts: [prompt('f')] },
    ])
    assert.deepEqual(
      results.map(({ refused }) => refused),
      [undefined, 'message-missing', 'session-missing', 'guard-failed', undefined, undefined],
    )
    assert.deepEqual(await shownIds(storage, session), ['a', 'f'])
    assert.deepEqual(
      (await allEvents(storage, session)).map(({ seq }) => seq),
      [1, 2],
    )
    assert.deepEqual(await usedIds(storage, session, ['a', 'b', 'd', 'f']), new Set(['a', 'f']))
    assert.deepEqual(await shownIds(storage, other), ['e'])
  },

  async 'shows a slice the effects of the slices before it'(bed) {
    const { storage, session } = await bed.start()
    const results = await storage.commit([
      { sessionId: session, at: 1, drafts: [prompt('a'), opened('m')] },
      { sessionId: session, at: 1, drafts: [delta('m', 'He'), delta('m', 'llo')] },
      { sessionId: session, at: 1, drafts: [finished('m')] },
      {
        sessionId: session,
        at: 1,
        drafts: [{ type: 'message-deleted', messageId: 'a' }],
        guard: { is: 'no-active-run' },
      },
      { sessionId: session, at: 1, drafts: [prompt('a')] },
    ])
    assert.deepEqual(
      results.map(({ refused }) => refused),
      [undefined, undefined, undefined, undefined, 'message-gone'],
    )
    assert.deepEqual(await shownIds(storage, session), ['m'])
    const message = await storage.message(session, 'm')
    assert.deepEqual(message?.parts, [{ type: 'text', text: 'Hello', state: 'done' }])
  },

  async 'returns the messages that a slice touched, as they are after it'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('a'), opened('m')])
    const { messages } = await write(storage, session, [delta('m', 'Hey'), finished('m')], {
      at: 9,
    })
    assert.deepEqual(messages, [await storage.message(session, 'm')])
    const [message] = messages
    assert.equal(message?.status, 'done')
    assert.equal(message.revision, 4)
    assert.deepEqual(message.metadata, { createdAt: 1, finishedAt: 9, finishReason: 'stop' })
  },

  async 'gives a message its order, a run its generation, and queue and ledger their new state'(
    bed,
  ) {
    const { storage, session } = await bed.start()
    await write(storage, session, [
      runStarted('r1'),
      runEnded('r1'),
      runStarted('r2', 'm1'),
      prompt('a'),
      enqueued('q1'),
      enqueued('q2'),
      dequeued('q1'),
      { type: 'usage', add: { inputTokens: 2 }, models: { m1: { inputTokens: 2 } } },
      {
        type: 'usage',
        add: { inputTokens: 3, outputTokens: 1 },
        models: { m1: { outputTokens: 1 }, m2: { inputTokens: 3 } },
      },
      answer('b'),
    ])
    const { head } = await storage.state(session)
    assert.equal(head.run?.id, 'r2')
    assert.equal(head.run.generation, 2)
    assert.deepEqual(head.queue, [queued('q2')])
    assert.deepEqual(head.usage, {
      version: 2,
      totals: { inputTokens: 5, outputTokens: 1 },
      models: { m1: { inputTokens: 2, outputTokens: 1 }, m2: { inputTokens: 3 } },
    })
    assert.equal((await storage.message(session, 'a'))?.order, 1)
    assert.equal((await storage.message(session, 'b'))?.order, 2)
  },

  async 'says whether the activity row changed'(bed) {
    const { storage, session } = await bed.start()
    const changes = await writeEach(storage, session, [
      prompt('a'),
      opened('m'),
      delta('m', 'x'),
      { type: 'usage', add: {} },
      enqueued('q'),
      finished('m'),
      compaction('s'),
    ])
    assert.deepEqual(
      changes.map(({ activity }) => activity),
      [true, true, false, false, false, true, true],
    )
  },

  async 'writes nothing for a slice without events'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const { cursor } = await write(other, session, turn('a'))
    const empty = await write(storage, session, [], { guard: { is: 'idle' } })
    assert.deepEqual(empty.events, [])
    assert.deepEqual(empty.cursor, cursor)
    assert.equal((await storage.state(session)).head.seq, 2)
  },

  async 'gives no seq twice to concurrent commits of two openings'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const each = Array.from({ length: 60 }, (_, index) =>
      (index % 2 === 0 ? storage : other).commit([
        { sessionId: session, at: index, drafts: [answer(`a${index}`), answer(`b${index}`)] },
      ]),
    )
    const results = (await Promise.all(each)).map(([result]) => accepted(result))
    const seqs = results.flatMap(({ events }) => events.map(({ seq }) => seq))
    assert.deepEqual(
      seqs.toSorted((a, b) => a - b),
      Array.from({ length: 120 }, (_, index) => index + 1),
    )
    assert.deepEqual(await allEvents(other, session), await allEvents(storage, session))
    assert.equal((await storage.state(session)).messageCount, 120)
  },

  async 'continues a message that another opening writes, too'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    await write(storage, session, [prompt('a'), opened('m'), delta('m', 'a')])
    await write(other, session, [delta('m', 'b')])
    await write(storage, session, [delta('m', 'c')])
    await write(other, session, [finished('m')])
    for (const reader of [storage, other]) {
      const message = await reader.message(session, 'm')
      assert.deepEqual(message?.parts, [{ type: 'text', text: 'abc', state: 'done' }])
    }
    assert.deepEqual(await everything(other, session), await everything(storage, session))
  },

  async 'finds all commits after a crash, and continues'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [runStarted('r'), prompt('a'), opened('m'), delta('m', 'x')])
    await write(storage, session, [enqueued('q'), { type: 'usage', add: { inputTokens: 1 } }])
    const before = await everything(storage, session)
    const again = await bed.open()
    assert.deepEqual(await everything(again, session), before)
    await write(again, session, [delta('m', 'y'), finished('m'), runEnded('r')])
    const message = await again.message(session, 'm')
    assert.deepEqual(message?.parts, [{ type: 'text', text: 'xy', state: 'done' }])
  },

  async 'is not changed by changes of what was read'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, turn('a'))
    const before = structuredClone(await everything(storage, session))
    const window = await storage.messages(session, { messages: 10, bytes: 10_000 })
    window.messages.pop()
    const { events } = await readBatch(storage, session, 0, { bytes: 10_000 })
    events.pop()
    const { open } = await storage.state(session)
    open.length = 0
    assert.deepEqual(await everything(storage, session), before)
  },
}
