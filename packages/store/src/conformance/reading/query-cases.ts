import assert from 'node:assert/strict'

import type { Event, EventFilter } from '@caughtup/schema'

import { listEvents, summarise } from '../../core/reading/list-events.ts'
import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  compaction,
  delta,
  enqueued,
  finished,
  opened,
  reset,
  runEnded,
  runStarted,
  turn,
} from '../support/drafts.ts'
import { jsonBytes, maintainAll } from '../support/reads.ts'
import { write, type Written } from '../support/writes.ts'

/** Writes a varied journal with ties in time, and returns the results of its commits. */
async function journal(bed: Bed): Promise<{ storage: Storage; session: string; events: Event[] }> {
  const { storage, session } = await bed.start()
  const results: Written[] = []
  for (let epoch = 0; epoch < 3; epoch++) {
    const at = 100 * (epoch + 1)
    const [id, runId] = [`m${epoch}`, `r${epoch}`]
    const steps = [
      [runStarted(runId), ...turn(`t${epoch}`), opened(id)],
      [delta(id, 'a'), delta(id, 'b'), delta(id, 'c')],
      [delta(id, 'd')],
      [delta(id, 'e'), { type: 'usage', add: { inputTokens: 1 } } as const],
      [finished(id), runEnded(runId), enqueued(`q${epoch}`)],
      [epoch === 0 ? compaction('s') : reset()],
    ]
    for (const [index, drafts] of steps.entries()) {
      results.push(await write(storage, session, drafts, { at: at + (index >> 1) * 10 }))
    }
    if (epoch === 1) await maintainAll(storage)
  }
  return { storage, session, events: results.flatMap(({ events }) => events) }
}

/** Filters of every kind, and what each matches. */
const filters: { filter: EventFilter; takes: (event: Event) => boolean }[] = [
  { filter: {}, takes: () => true },
  { filter: { types: ['message-delta'] }, takes: ({ type }) => type === 'message-delta' },
  {
    filter: { types: ['boundary', 'run-ended'] },
    takes: ({ type }) => type === 'boundary' || type === 'run-ended',
  },
  { filter: { types: ['imported'] }, takes: () => false },
  { filter: { types: [] }, takes: () => false },
  { filter: { epoch: 0 }, takes: ({ epoch }) => epoch === 0 },
  { filter: { epoch: 2 }, takes: ({ epoch }) => epoch === 2 },
  { filter: { epoch: 7 }, takes: () => false },
  { filter: { after: 6 }, takes: ({ seq }) => seq > 6 },
  { filter: { before: 9 }, takes: ({ seq }) => seq < 9 },
  { filter: { after: 6, before: 9 }, takes: ({ seq }) => seq > 6 && seq < 9 },
  { filter: { after: 8, before: 9 }, takes: () => false },
  { filter: { after: 1_000 }, takes: () => false },
  { filter: { since: 110 }, takes: ({ at }) => at >= 110 },
  { filter: { until: 110 }, takes: ({ at }) => at < 110 },
  { filter: { since: 110, until: 111 }, takes: ({ at }) => at === 110 },
  { filter: { since: 120, until: 220 }, takes: ({ at }) => at >= 120 && at < 220 },
  {
    filter: { types: ['message-delta'], epoch: 1, after: 20, since: 200, until: 220 },
    takes: ({ type, epoch, seq, at }) =>
      type === 'message-delta' && epoch === 1 && seq > 20 && at >= 200 && at < 220,
  },
]

export const queryCases: Cases = {
  async 'returns exactly the matching entries in both directions, with pages of any size'(bed) {
    const { storage, session, events } = await journal(bed)
    for (const { filter, takes } of filters) {
      const expected = events.filter(takes)
      for (const from of ['oldest', 'newest'] as const) {
        for (const limit of [1, 2, 7, 1_000]) {
          const found: Event[] = []
          let query = filter
          for (;;) {
            const page = await listEvents(storage, session, {
              filter: query,
              from,
              limit,
              bytes: Infinity,
            })
            found.push(...page.events)
            assert(page.events.length <= limit)
            assert(found.length <= expected.length, 'Nothing is returned twice.')
            if (page.nextCursor === null) break
            assert.equal(page.events.length, limit, 'Every page but the last is full.')
            query = { ...query, [from === 'oldest' ? 'after' : 'before']: page.nextCursor }
          }
          const what = `${JSON.stringify(filter)} from the ${from}, ${limit} to a page`
          assert.deepEqual(found, from === 'oldest' ? expected : expected.toReversed(), what)
        }
      }
    }
  },

  async 'has no more bytes than its cap, or one entry of any size, in both directions'(bed) {
    const { storage, session, events } = await journal(bed)
    for (const from of ['oldest', 'newest'] as const) {
      const expected = from === 'oldest' ? events : events.toReversed()
      const [first = 0, second = 0] = expected.map(jsonBytes)
      const listed = async (bytes: number) => {
        const page = await listEvents(storage, session, { filter: {}, from, limit: 9, bytes })
        assert.deepEqual(page.events, expected.slice(0, page.events.length))
        assert.equal(page.nextCursor, page.events.at(-1)?.seq)
        return page.events.length
      }
      assert.equal(await listed(1), 1)
      assert.equal(await listed(first + second - 1), 1)
      assert.equal(await listed(first + second), 2)
    }
  },

  async 'ends with null exactly when nothing more matches'(bed) {
    const { storage, session, events } = await journal(bed)
    for (const { filter, takes } of filters) {
      const count = events.filter(takes).length
      for (const from of ['oldest', 'newest'] as const) {
        for (const limit of [count - 1, count, count + 1]) {
          if (limit < 1) continue
          const { nextCursor } = await listEvents(storage, session, {
            filter,
            from,
            limit,
            bytes: Infinity,
          })
          assert.equal(nextCursor === null, limit >= count, `${JSON.stringify(filter)}, ${limit}`)
        }
      }
    }
  },

  async 'summarises exactly the matching entries'(bed) {
    const { storage, session, events } = await journal(bed)
    for (const { filter, takes } of filters) {
      const expected = events.filter(takes)
      const types: Record<string, number> = {}
      for (const { type } of expected) types[type] = (types[type] ?? 0) + 1
      const [first, last] = [expected[0], expected.at(-1)]
      assert.deepEqual(
        await summarise(storage, session, filter),
        {
          total: expected.length,
          types,
          ...(first && { first: first.seq }),
          ...(last && { last: last.seq }),
          floor: 0,
        },
        JSON.stringify(filter),
      )
    }
  },

  async 'answers the same after maintenance and after a crash'(bed) {
    const { storage, session, events } = await journal(bed)
    await maintainAll(storage)
    const again = await bed.open()
    for (const { filter, takes } of filters) {
      const query = { filter, from: 'newest', limit: 5, bytes: Infinity } as const
      const page = await listEvents(again, session, query)
      assert.deepEqual(page.events, events.filter(takes).toReversed().slice(0, 5))
      assert.deepEqual(await listEvents(storage, session, query), page)
      const { total } = await summarise(again, session, filter)
      assert.equal(total, events.filter(takes).length)
    }
  },

  async 'has nothing of other sessions'(bed) {
    const { storage } = await journal(bed)
    const other = await bed.session(storage)
    assert.deepEqual(await summarise(storage, other, {}), { total: 0, types: {}, floor: 0 })
  },
}
