import assert from 'node:assert/strict'

import { emptyView } from '@caughtup/schema/fold'

import { readBatch } from '../../core/reading/read-events.ts'
import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Cases } from '../support/bed.ts'
import { answer, delta, finished, opened, prompt, reset, turn } from '../support/drafts.ts'
import { allEvents, jsonBytes, maintainAll } from '../support/reads.ts'
import { foldAll, freshView, readOn, sameIn } from '../support/views.ts'
import { write, writeEach } from '../support/writes.ts'

/** All numbers of a range, both ends included. */
const whole = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

export const journalCases: Cases = {
  async 'reads strictly after the cursor, up to the end'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b')])
    for (let after = 0; after <= 4; after++) {
      const { events, cursor, complete } = await readBatch(storage, session, after, { bytes: 1e6 })
      assert.deepEqual(
        events.map(({ seq }) => seq),
        [1, 2, 3, 4].slice(after),
      )
      assert.equal(cursor.seq, 4)
      assert.equal(complete, true)
    }
  },

  async 'has nothing after the end, and a valid cursor'(bed) {
    const { storage, session } = await bed.start()
    const { cursor } = await write(storage, session, turn('a'))
    const batch = await readBatch(storage, session, 2, { bytes: 1_000 })
    assert.deepEqual(batch, { events: [], bytes: 0, cursor, complete: true, newest: 2 })
    const fresh = await bed.session(storage)
    const empty = await readBatch(storage, fresh, 0, { bytes: 1_000 })
    assert.deepEqual([empty.events, empty.complete], [[], true])
    assert.equal(await checkCursor(storage, fresh, empty.cursor), 'ok')
  },

  async 'merges deltas into one event from any cursor'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [opened('m')])
    for (const text of 'Hello, world') await write(storage, session, [delta('m', text)])
    await write(storage, session, [finished('m')])
    for (let after = 1; after < 13; after++) {
      const { events } = await readBatch(storage, session, after, { bytes: 1e6 })
      const [merged, end] = events
      assert.equal(events.length, 2)
      assert(merged?.type === 'message-delta')
      assert.deepEqual([merged.from, merged.seq], [after + 1, 13])
      const text = 'Hello, world'.slice(after - 1)
      assert.deepEqual(merged.ops, [{ op: 'append', part: 0, text }])
      assert.equal(end?.type, 'message-finished')
    }
  },

  async 'counts bytes after merging'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [opened('m')])
    const drafts = Array.from({ length: 50 }, () => delta('m', 'x'))
    for (let round = 0; round < 40; round++) await write(storage, session, drafts)
    const { events, complete } = await readBatch(storage, session, 1, { bytes: 10_000 })
    assert.equal(complete, true)
    assert.equal(events.length, 1)
  },

  async 'ends a batch at about its bytes, with at least one event in it'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [opened('m')])
    for (let index = 0; index < 30; index++) {
      await write(storage, session, [delta('m', `${index}`.repeat(4_000)), answer(`a${index}`)])
    }
    for (const bytes of [1, 1_000, 40_000, 100_000]) {
      let batches = 0
      for (let after = 0, complete = false; !complete; batches++) {
        const batch = await readBatch(storage, session, after, { bytes })
        assert(batch.events.length > 0)
        // A batch may exceed its bytes by one entry, here of at most 8 kB.
        assert(jsonBytes(batch.events) <= bytes + 10_000, `${bytes} bytes to a batch`)
        after = batch.cursor.seq
        complete = batch.complete
      }
      assert(batches >= 200_000 / (bytes + 10_000), `${bytes} bytes to a batch`)
    }
  },

  async 'gives the same in batches of any size as entry by entry'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('a'), opened('m')])
    for (let index = 0; index < 60; index++) {
      await write(storage, session, [delta('m', `${index} 🎉 `), delta('m', 'ü'.repeat(index))])
      if (index % 20 === 19) await maintainAll(storage)
    }
    await writeEach(storage, session, [finished('m'), reset(), ...turn('b')])
    const entries = await allEvents(storage, session)
    const expected = foldAll(emptyView, entries)
    assert(expected)
    assert.deepEqual(sameIn(expected), sameIn(await freshView(storage, session)))
    for (const bytes of [1, 100, 333, 2_000, 1e9]) {
      const view = foldAll(emptyView, await readOn(storage, session, 0, bytes))
      assert.deepEqual(view, expected, `${bytes} bytes to a batch`)
    }
  },

  async 'gives segments that stay as they were while the journal grows'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [opened('m'), delta('m', 'a'), delta('m', 'b')])
    for (const after of [0, 1, 2]) {
      const given = await storage.segments(session, { from: 'oldest', after, bytes: 1e6 })
      const first = structuredClone(given)
      await writeEach(storage, session, [delta('m', 'c'), delta('m', 'd')])
      assert.deepEqual(given, first)
      await maintainAll(storage)
    }
  },

  async 'gives the segments of a range in either direction, in stretches that follow each other'(
    bed,
  ) {
    const { storage, session } = await bed.start()
    await write(storage, session, [opened('m')])
    for (const text of 'Hello, ') await write(storage, session, [delta('m', text)])
    await maintainAll(storage)
    for (const text of 'world') await write(storage, session, [delta('m', text)])
    const { cursor } = await write(storage, session, [finished('m')])
    for (const from of ['oldest', 'newest'] as const) {
      for (const [after, before] of [
        [0, 15],
        [3, 6],
        [5, 12],
        [8, 9],
      ] as const) {
        for (const bytes of [1, 150, 1e6]) {
          const seqs: number[] = []
          const range: { after: number; before: number } = { after, before }
          for (let isComplete = false; !isComplete;) {
            const batch = await storage.segments(session, { from, bytes, ...range })
            assert.deepEqual(batch.cursor, cursor)
            for (const segment of batch.segments) {
              const first = Math.max(segment.from, range.after + 1)
              const within = whole(first, Math.min(segment.seq, range.before - 1))
              seqs.push(...(from === 'oldest' ? within : within.toReversed()))
            }
            isComplete = batch.complete
            if (from === 'oldest') range.after = seqs.at(-1) ?? before
            else range.before = seqs.at(-1) ?? after
          }
          const expected = whole(after + 1, before - 1)
          assert.deepEqual(seqs, from === 'oldest' ? expected : expected.toReversed())
        }
      }
    }
  },

  async 'keeps a character whole that two deltas split'(bed) {
    const { storage, session } = await bed.start()
    const [high, low] = '🎉'.split('')
    await writeEach(storage, session, [opened('m'), delta('m', `a${high}`), delta('m', `${low}b`)])
    await maintainAll(storage)
    const again = await bed.open()
    for (const reader of [storage, again]) {
      const message = await reader.message(session, 'm')
      assert.deepEqual(message?.parts, [{ type: 'text', text: 'a🎉b', state: 'streaming' }])
      const view = foldAll(emptyView, await readOn(reader, session, 0, 1))
      assert.deepEqual(view?.messages, [message])
      const entries = await allEvents(reader, session, { after: 1 })
      assert.deepEqual(
        entries.map((event) => (event.type === 'message-delta' ? event.ops : [])),
        [
          [{ op: 'append', part: 0, text: `a${high}` }],
          [{ op: 'append', part: 0, text: `${low}b` }],
        ],
      )
    }
  },
}
