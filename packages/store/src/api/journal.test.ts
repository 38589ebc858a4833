import type { Event, EventFilter } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { Store } from '../store.ts'
import { ended, openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import { append, fill, sampleSession } from '../../tests/support/sample-history.ts'
import { engines, testEngine } from '../../tests/support/test-engines.ts'

type ListQuery = NonNullable<Parameters<Store['journal']['list']>[1]>

/** An answer in `windows` windows: three entries to start, one per window, three to end. */
async function answer(store: Store, windows: number, sessionId?: string): Promise<string> {
  const run = await startRun(store, sessionId)
  const writer = store.writer(run)
  for (let n = 0; n < windows; n++) {
    await writer.write({ type: 'text-delta', text: `${n} ` })
    await store.flush(run.messageId)
  }
  await writer.finish({ reason: 'stop', usage: { inputTokens: 1 } }, [ended(run.runId)])
  return run.sessionId
}

async function seqs(store: Store, sessionId: string, query: ListQuery) {
  const { events, nextCursor: next } = await store.journal.list(sessionId, query)
  return { seqs: events.map(({ seq }) => seq), next }
}

describe.each(engines)('the journal on %s', (engine) => {
  const open = () => openTestStore({ storage: testEngine(engine) })

  test('is listed entry by entry, without merging windows', async () => {
    const { store, clock } = await open()
    const sessionId = await answer(store, 4)
    const before = await store.journal.list(sessionId)
    expect(before.events.map(({ seq, from }) => [seq, from])).toEqual(
      Array.from({ length: 10 }, (_, n) => [n + 1, n + 1]),
    )
    // Packing changes nothing.
    await clock.advance(60_000)
    expect(await store.journal.list(sessionId)).toEqual(before)
  })

  test('continues from page to page, in both directions', async () => {
    const { store } = await open()
    const sessionId = await answer(store, 4)
    const forth = await seqs(store, sessionId, { limit: 4 })
    expect(forth).toEqual({ seqs: [1, 2, 3, 4], next: 4 })
    expect(await seqs(store, sessionId, { limit: 6, after: 4 })).toEqual({
      seqs: [5, 6, 7, 8, 9, 10],
      next: null,
    })
    const back = await store.journal.list(sessionId, { from: 'newest', limit: 9 })
    expect(back.events.map(({ seq }) => seq)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2])
    expect(back.nextCursor).toBe(2)
    const last = await store.journal.list(sessionId, { from: 'newest', limit: 9, cursor: 2 })
    expect(last).toMatchObject({ events: [{ seq: 1 }], nextCursor: null })
    // A cursor leads on within the filter's own range.
    const range = { after: 2, before: 9, limit: 3 }
    expect(await seqs(store, sessionId, { ...range, cursor: 1 })).toEqual({
      seqs: [3, 4, 5],
      next: 5,
    })
    expect(await seqs(store, sessionId, { ...range, cursor: 5 })).toEqual({
      seqs: [6, 7, 8],
      next: null,
    })
    expect(await seqs(store, sessionId, { ...range, from: 'newest', cursor: 6 })).toEqual({
      seqs: [5, 4, 3],
      next: null,
    })
  })

  test('has no next page exactly when nothing follows', async () => {
    const { store } = await open()
    const sessionId = await answer(store, 4)
    const types = ['message-delta' as const]
    expect(await seqs(store, sessionId, { types, limit: 3 })).toEqual({ seqs: [4, 5, 6], next: 6 })
    expect(await seqs(store, sessionId, { types, limit: 4 })).toMatchObject({ next: null })
    expect(await seqs(store, sessionId, { types, limit: 4, after: 7 })).toEqual({
      seqs: [],
      next: null,
    })
  })

  test('is filtered by type, epoch, seq and time; ties in time stay in order', async () => {
    const { store, clock } = await open()
    const sessionId = await sampleSession(store)
    await clock.advance(10)
    await append(store, sessionId, [{ type: 'boundary', kind: 'reset', trigger: 'user' }])
    await fill(store, sessionId, ['u3', 'a3'])
    const at = clock.now()
    expect((await seqs(store, sessionId, { epoch: 1 })).seqs).toEqual([5, 6, 7])
    expect((await seqs(store, sessionId, { since: at })).seqs).toEqual([5, 6, 7])
    expect((await seqs(store, sessionId, { until: at })).seqs).toEqual([1, 2, 3, 4])
    expect((await seqs(store, sessionId, { after: 2, before: 6 })).seqs).toEqual([3, 4, 5])
    const all: EventFilter = { epoch: 1, types: ['message-created'], since: at, before: 7 }
    expect((await seqs(store, sessionId, all)).seqs).toEqual([6])
  })

  test('counts the matching entries exactly, by type', async () => {
    const { store, clock } = await open()
    const sessionId = await answer(store, 4)
    await answer(store, 2, sessionId)
    const total = {
      total: 18,
      first: 1,
      last: 18,
      floor: 0,
      types: {
        'run-started': 2,
        'message-created': 4,
        'message-delta': 6,
        'message-finished': 2,
        usage: 2,
        'run-ended': 2,
      },
    }
    expect(await store.journal.summary(sessionId)).toEqual(total)
    await clock.advance(60_000)
    expect(await store.journal.summary(sessionId)).toEqual(total)
    const types = ['message-delta' as const, 'usage' as const]
    expect(await store.journal.summary(sessionId, { types, after: 5, before: 15 })).toEqual({
      total: 4,
      types: { 'message-delta': 3, usage: 1 },
      first: 6,
      last: 14,
      floor: 0,
    })
    expect(await store.journal.summary(sessionId, { epoch: 9 })).toEqual({
      total: 0,
      types: {},
      floor: 0,
    })
  })

  test('returns a single entry, or `NOT_FOUND`', async () => {
    const { store } = await open()
    const sessionId = await answer(store, 2)
    expect(await store.journal.event(sessionId, 5)).toMatchObject({
      seq: 5,
      from: 5,
      ops: [{ text: '1 ' }],
    })
    for (const seq of [0, 9, 1.5]) {
      await expect(store.journal.event(sessionId, seq)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        data: { field: 'seq', value: String(seq) },
      })
    }
  })

  test('has limits, and shows one session only', async () => {
    const { store } = await open()
    const [one, other] = [await answer(store, 1), await answer(store, 3)]
    expect((await store.journal.summary(one)).total).toBe(7)
    expect((await store.journal.summary(other)).total).toBe(9)
    await expect(store.journal.list(one, { limit: 201 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'limit', limit: 200 },
    })
    for (const call of [
      store.journal.list('nowhere'),
      store.journal.summary('nowhere'),
      store.journal.event('nowhere', 1),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND', data: { value: 'nowhere' } })
    }
  })

  test('flushes before it is read', async () => {
    const { store } = await open()
    const run = await startRun(store)
    await store.writer(run).write({ type: 'text-delta', text: 'x' })
    expect((await store.journal.summary(run.sessionId)).total).toBe(4)
  })
})

describe.each(engines)('retention on %s', (engine) => {
  const day = 24 * 60 * 60 * 1_000
  const retaining = (retention: { days?: number; events?: number } | false) =>
    openTestStore({ storage: testEngine(engine), retention })

  test('keeps the configured number of newest entries, and rejects older cursors', async () => {
    const { store, clock } = await retaining({ events: 14 })
    const { id: sessionId } = await store.sessions.create({ owner: 'me' })
    const events: Event[] = []
    for (let n = 0; n < 4; n++) {
      await answer(store, 4, sessionId)
      events.push(...(await store.journal.list(sessionId, { after: 10 * n })).events)
      await clock.advance(1_000)
    }
    const { messages, cursor } = await store.window(sessionId)
    await clock.advance(2 * 3_600_000)
    const { total, first, last, floor } = await store.journal.summary(sessionId)
    // Each answer has ten entries, three of them text that is merged into its first.
    expect(floor).toBe(20)
    expect([floor + total, first, last]).toEqual([40, floor + 1, 40])
    expect((await store.journal.list(sessionId)).events).toEqual(events.slice(floor))
    expect(await store.checkCursor(sessionId, { ...cursor, seq: floor - 1 })).toBe('cursor-expired')
    expect(await store.checkCursor(sessionId, { ...cursor, seq: floor })).toBe('ok')
    expect(await store.checkCursor(sessionId, cursor)).toBe('ok')
    await expect(store.journal.event(sessionId, floor)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await store.window(sessionId)).messages).toEqual(messages)
  })

  test('keeps entries younger than the configured days', async () => {
    const { store, clock } = await retaining({ days: 2 })
    const sessionId = await sampleSession(store)
    await clock.advance(day)
    await fill(store, sessionId, ['u3'])
    await clock.advance(day + 2 * 3_600_000)
    expect(await store.journal.summary(sessionId)).toMatchObject({ total: 1, floor: 4 })
    await fill(store, sessionId, ['a3'])
    expect(await store.journal.event(sessionId, 6)).toMatchObject({ type: 'message-created' })
  })

  test('stops before an open message', async () => {
    const { store, clock } = await retaining({ events: 1 })
    const run = await startRun(store)
    await store.writer(run).write({ type: 'text-delta', text: 'Hel' })
    await store.flushAll()
    await clock.advance(2 * 3_600_000)
    const { floor } = await store.journal.summary(run.sessionId)
    expect(floor).toBeLessThan(4)
    expect((await store.head(run.sessionId)).open).toMatchObject([{ parts: [{ text: 'Hel' }] }])
  })

  test('is left to its owner by hand: entries up to a seq are deleted, and the floor is told', async () => {
    const { store } = await retaining(false)
    const sessionId = await answer(store, 4)
    await answer(store, 2, sessionId)
    const { messages, cursor } = await store.window(sessionId)
    const before = (await store.journal.list(sessionId)).events
    expect(await store.journal.delete(sessionId, 6)).toEqual({ floor: 6 })
    expect((await store.journal.list(sessionId)).events).toEqual(before.slice(6))
    expect(await store.journal.summary(sessionId)).toMatchObject({ total: 12, floor: 6 })
    expect(await store.checkCursor(sessionId, { ...cursor, seq: 5 })).toBe('cursor-expired')
    expect(await store.checkCursor(sessionId, { ...cursor, seq: 6 })).toBe('ok')
    expect(await store.journal.delete(sessionId, 3)).toEqual({ floor: 6 })
    expect(await store.journal.delete(sessionId, 1_000)).toEqual({ floor: 18 })
    expect(await store.journal.list(sessionId)).toEqual({ events: [], nextCursor: null })
    expect((await store.window(sessionId)).messages).toEqual(messages)
    await expect(store.journal.delete('nowhere', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('can be turned off', async () => {
    const { store, clock } = await retaining(false)
    const sessionId = await answer(store, 4)
    await clock.advance(100 * day)
    expect(await store.journal.summary(sessionId)).toMatchObject({ total: 10, floor: 0 })
  })

  test.each([{ days: 0 }, { events: -1 }, { days: NaN }])('of %j is refused', async (retention) => {
    await expect(retaining(retention)).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })
})
