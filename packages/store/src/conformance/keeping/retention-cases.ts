import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import { summarise } from '../../core/reading/list-events.ts'
import { checkCursor } from '../../core/reading/cursor-verdict.ts'
import type { Retention, Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import { answer, delta, erased, finished, opened, prompt, turn } from '../support/drafts.ts'
import {
  allEvents,
  allMessages,
  assertNotFound,
  everything,
  maintainAll,
} from '../support/reads.ts'
import { foldAll, freshView, readOn, sameIn } from '../support/views.ts'
import { write, type Written } from '../support/writes.ts'

const day = 24 * 60 * 60 * 1_000
const forever = 1_000 * 365 * day

/** Maintenance over some days, because engines look for old entries only now and then. */
async function retain(bed: Bed, storage: Storage, retention: Retention): Promise<void> {
  bed.skip(day)
  for (let steps = 0; await storage.maintain({ retention }); steps++) {
    assert(steps < 100_000, 'Retention must come to an end.')
  }
}

/** Writes answers of many deltas with maintenance after each, because an engine may remove only whole stretches. */
async function answers(
  storage: Storage,
  session: string,
  { names, at }: { names: readonly string[]; at: number },
): Promise<Written[]> {
  const results: Written[] = []
  for (const name of names) {
    const deltas = Array.from({ length: 200 }, (_, index) => delta(name, `${index} `))
    results.push(await write(storage, session, [prompt(`${name}-prompt`), opened(name)], { at }))
    for (const draft of deltas) results.push(await write(storage, session, [draft], { at }))
    results.push(await write(storage, session, [finished(name)], { at }))
    await maintainAll(storage)
  }
  return results
}

export const retentionCases: Cases = {
  async 'removes the oldest entries of a session beyond a number, and reports the floor'(bed) {
    const { storage, session } = await bed.start()
    const results = await answers(storage, session, { names: ['a', 'b', 'c', 'd'], at: bed.now })
    const messages = await allMessages(storage, session)
    const before = await everything(storage, session)
    await retain(bed, storage, { age: forever, events: 4 })
    const { total, floor, first, last } = await summarise(storage, session, {})
    // Each answer has three entries: a prompt, a message with its text, and an end. The end of the third
    // answer and the fourth answer are left.
    assert.deepEqual([floor, total], [608, 204])
    assert.deepEqual([first, last], [floor + 1, before.summary.last])
    const again = await bed.open()
    for (const reader of [storage, again]) {
      for (const { cursor } of results) {
        const verdict = await checkCursor(reader, session, cursor)
        const expected = cursor.seq < floor ? 'cursor-expired' : 'ok'
        assert.equal(verdict, expected, `seq ${cursor.seq} with the floor ${floor}`)
      }
      const zero = { ...before.head.cursor, seq: 0, tag: '' }
      assert.equal(await checkCursor(reader, session, zero), 'cursor-expired')
      const entries = await allEvents(reader, session)
      assert.deepEqual(
        entries,
        before.entries.filter(({ seq }) => seq > floor),
      )
      const rest = await readOn(reader, session, floor, 1_000)
      assert.equal(rest[0]?.from, floor + 1)
      assert.deepEqual(await allMessages(reader, session), messages)
      const { head, window, activity } = await everything(reader, session)
      assert.deepEqual(
        { head, window, activity },
        {
          head: before.head,
          window: before.window,
          activity: before.activity,
        },
      )
    }
  },

  async 'counts streamed text with its message, however long it took'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [prompt('p'), opened('m')], { at: bed.now })
    for (let window = 0; window < 600; window++) {
      await write(storage, session, [delta('m', `${window} `)], { at: bed.now })
    }
    await retain(bed, storage, { age: forever, events: 2 })
    assert.equal((await summarise(storage, session, {})).floor, 0)
    await write(storage, session, [finished('m'), prompt('q')], { at: bed.now })
    await retain(bed, storage, { age: forever, events: 2 })
    const { floor, total } = await summarise(storage, session, {})
    assert.deepEqual([floor, total], [602, 2])
  },

  async 'counts only entries that do not merge, and nothing that was erased'(bed) {
    const { storage, session } = await bed.start()
    const state = (text: string): EventDraft => ({
      type: 'message-delta',
      messageId: 'm',
      ops: [{ op: 'put', part: 1, value: { type: 'data-state', data: text } }],
    })
    await write(storage, session, [opened('m'), state('a'), state('b'), state('c')], {
      at: bed.now,
    })
    await write(storage, session, [finished('m'), prompt('x'), prompt('y')], { at: bed.now })
    await write(storage, session, [erased('x')], { at: bed.now })
    while (await storage.maintain({ erase: session }));
    await retain(bed, storage, { age: forever, events: 5 })
    const { floor, types } = await summarise(storage, session, {})
    assert.equal(floor, 2)
    const kept = { 'message-delta': 2, 'message-finished': 1, redacted: 1, 'message-created': 1 }
    assert.deepEqual(types, { ...kept, 'message-erased': 1 })
  },

  async 'cuts the stream of one message where its age is reached'(bed) {
    const { storage, session } = await bed.start()
    const old = bed.now - 40 * day
    await write(storage, session, [prompt('p'), opened('m')], { at: old })
    for (let index = 0; index < 20; index++) {
      const at = index < 8 ? old : bed.now
      await write(storage, session, [delta('m', `${index} `)], { at })
    }
    await write(storage, session, [finished('m')], { at: bed.now })
    await maintainAll(storage)
    const whole = await allEvents(storage, session)
    const other = await bed.open()
    await retain(bed, storage, { age: 35 * day, events: 1_000 })
    for (const reader of [storage, other, await bed.open()]) {
      assert.equal((await summarise(reader, session, {})).floor, 10)
      assert.deepEqual(
        await allEvents(reader, session),
        whole.filter(({ seq }) => seq > 10),
      )
      const [first] = await readOn(reader, session, 0, 1e9)
      assert.deepEqual([first?.from, first?.seq], [11, 22])
    }
  },

  async 'removes entries that are older than an age'(bed) {
    const { storage, session } = await bed.start()
    const old = await answers(storage, session, { names: ['a', 'b'], at: bed.now - 40 * day })
    await answers(storage, session, { names: ['c'], at: bed.now - 20 * day })
    const messages = await allMessages(storage, session)
    await retain(bed, storage, { age: 35 * day, events: 1_000_000 })
    const lastOld = old.at(-1)?.cursor.seq ?? 0
    const { floor, total } = await summarise(storage, session, {})
    assert.deepEqual([floor, total], [lastOld, 203])
    assert.deepEqual(await allMessages(storage, session), messages)
    const recent = await allEvents(storage, session, { since: bed.now - 35 * day })
    assert.equal(recent.length, 203)
  },

  async 'keeps everything within its bounds'(bed) {
    const { storage, session } = await bed.start()
    await answers(storage, session, { names: ['a'], at: bed.now })
    const before = await everything(storage, session)
    await retain(bed, storage, { age: 5 * day, events: 3 })
    assert.deepEqual(await everything(storage, session), before)
    await retain(bed, storage, false)
    assert.deepEqual(await everything(storage, session), before)
  },

  async 'leaves a session that continues from its floor'(bed) {
    const { storage, session } = await bed.start()
    await answers(storage, session, { names: ['a', 'b'], at: bed.now - 40 * day })
    await retain(bed, storage, { age: 35 * day, events: 1_000_000 })
    const snapshot = await freshView(storage, session)
    const { head, cursor } = await storage.state(session)
    assert.equal(await checkCursor(storage, session, cursor), 'ok')
    const { events } = await write(storage, session, turn('c'), { at: bed.now })
    assert.equal(events[0]?.seq, head.seq + 1)
    const view = foldAll(snapshot, await readOn(storage, session, cursor.seq, 1_000))
    assert(view)
    assert.deepEqual(sameIn(view), sameIn(await freshView(storage, session)))
  },

  async 'loses nothing of a message that is still open'(bed) {
    const { storage, session } = await bed.start()
    const at = bed.now - 40 * day
    await write(storage, session, [...turn('a'), opened('m')], { at })
    for (let index = 0; index < 300; index++) {
      await write(storage, session, [delta('m', `${index} `)], { at })
    }
    const { cursor } = await storage.state(session)
    for (let index = 0; index < 10; index++) {
      await write(storage, session, [{ type: 'usage', add: { inputTokens: 1 } }], { at })
      await maintainAll(storage)
    }
    const message = await storage.message(session, 'm')
    await retain(bed, storage, { age: 30 * day, events: 1 })
    const again = await bed.open()
    const { floor } = await summarise(storage, session, {})
    assert(floor <= cursor.seq, 'Entries after its newest one stay, too.')
    for (const reader of [storage, again]) {
      assert.deepEqual(await reader.message(session, 'm'), message)
      assert.deepEqual((await reader.state(session)).open, [message])
    }
    await write(again, session, [delta('m', 'end'), finished('m')], { at: bed.now })
    const { parts } = (await storage.message(session, 'm')) ?? {}
    const [part] = parts ?? []
    assert(part?.type === 'text' && part.text.endsWith('298 299 end'))
    assert.equal(part.text.startsWith('0 1 2 '), true)
  },

  async 'is made up to a seq on request, in every opening, and never takes anything back'(bed) {
    const { storage, session } = await bed.start()
    const other = await bed.open()
    const written = await answers(storage, session, { names: ['a', 'b'], at: bed.now })
    await write(storage, session, turn('c'), { at: bed.now })
    const before = await everything(storage, session)
    for (const [upTo, floor] of [
      [0, 0],
      [105, 105],
      [50, 105],
      [406, 406],
      [407, 407],
    ] as const) {
      const trimmer = floor % 2 === 0 ? storage : other
      assert.equal(await trimmer.maintain({ trim: session, upTo }), false)
      for (const reader of [storage, other, await bed.open()]) {
        assert.deepEqual(
          await allEvents(reader, session),
          before.entries.filter(({ seq }) => seq > floor),
        )
        assert.equal((await reader.state(session)).floor, floor)
        for (const { cursor } of written) {
          const expected = cursor.seq < floor ? 'cursor-expired' : 'ok'
          assert.equal(await checkCursor(reader, session, cursor), expected)
        }
        const { head, window, pages, activity } = await everything(reader, session)
        const { head: _, ...rest } = before
        assert.deepEqual(head, before.head)
        assert.deepEqual([window, pages, activity], [rest.window, rest.pages, rest.activity])
      }
    }
    await storage.maintain({ trim: session, upTo: Number.MAX_SAFE_INTEGER })
    assert.equal((await other.state(session)).floor, before.head.cursor.seq)
    const { events } = await write(other, session, turn('d'), { at: bed.now })
    assert.equal(events[0]?.seq, before.head.cursor.seq + 1)
    await assertNotFound(storage.maintain({ trim: 'nowhere', upTo: 1 }), 'trim')
  },

  async 'on request loses nothing of a message that is still open'(bed) {
    const { storage, session } = await bed.start()
    await write(storage, session, [...turn('a'), opened('m')])
    for (let index = 0; index < 50; index++) {
      await write(storage, session, [delta('m', `${index} `)])
    }
    const { cursor } = await storage.state(session)
    await write(storage, session, [{ type: 'usage', add: { inputTokens: 1 } }])
    const message = await storage.message(session, 'm')
    await storage.maintain({ trim: session, upTo: 1_000 })
    const again = await bed.open()
    for (const reader of [storage, again]) {
      assert((await reader.state(session)).floor <= cursor.seq, 'Entries after it stay.')
      assert.deepEqual(await reader.message(session, 'm'), message)
      assert.deepEqual((await reader.state(session)).open, [message])
    }
    await write(again, session, [delta('m', 'end'), finished('m')])
    const [part] = (await storage.message(session, 'm'))?.parts ?? []
    assert(part?.type === 'text' && part.text.startsWith('0 1 ') && part.text.endsWith('49 end'))
    await storage.maintain({ trim: session, upTo: 1_000 })
    assert.equal((await again.state(session)).floor, cursor.seq + 3)
  },

  async 'applies to each session separately'(bed) {
    const { storage, session } = await bed.start()
    const small = await bed.session(storage)
    await answers(storage, session, { names: ['a', 'b', 'c'], at: bed.now })
    await write(storage, small, [answer('x'), answer('y')], { at: bed.now })
    await retain(bed, storage, { age: forever, events: 2 })
    assert.equal((await summarise(storage, session, {})).floor, 407)
    assert.deepEqual(await summarise(storage, small, {}), {
      total: 2,
      types: { 'message-created': 2 },
      first: 1,
      last: 2,
      floor: 0,
    })
  },
}
