import { copyFileSync } from 'node:fs'

import type { Cursor, Event } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { Store } from '../src/store.ts'
import {
  ended,
  intercepted,
  openTestStore,
  runDrafts,
  startRun,
  testDatabase,
  type TestRun,
} from './support/open-test-store.ts'

const everything = { bytes: 1e9 }

/** A finished turn whose answer takes `windows` commits. */
async function turn(store: Store, sessionId?: string, windows = 3): Promise<TestRun> {
  const run = await startRun(store, sessionId)
  const writer = store.writer(run)
  for (let i = 0; i < windows; i++) {
    await writer.write({ type: 'text-delta', text: `${i} ` })
    await store.flush(run.messageId)
  }
  await writer.finish({ reason: 'stop', usage: { inputTokens: 10, outputTokens: windows } }, [
    ended(run.runId),
  ])
  return run
}

async function boundary(store: Store, sessionId: string, summary?: string): Promise<void> {
  const result = await store.append({
    sessionId,
    drafts: [
      {
        type: 'boundary',
        kind: summary === undefined ? 'reset' : 'compaction',
        trigger: 'user',
        ...(summary !== undefined && {
          summary: {
            id: summary,
            role: 'system',
            parts: [{ type: 'text', text: 'So far …' }],
            metadata: { createdAt: 1 },
            status: 'done',
          },
        }),
      },
    ],
  })
  expect(result.refused).toBeUndefined()
}

async function pages(store: Store, sessionId: string, limit: number) {
  const { messages } = await store.window(sessionId)
  const ids = messages.map(({ id }) => id)
  const seen = [ids]
  let before = messages[0]?.order
  for (;;) {
    const page = await store.page(sessionId, { limit, ...(before !== undefined && { before }) })
    if (page.messages.length > 0) seen.unshift(page.messages.map(({ id }) => id))
    if (!page.nextCursor) return { pages: seen, end: page }
    before = page.nextCursor.before
  }
}

describe('the journal', () => {
  test('seqs are contiguous across a restart', async () => {
    const path = testDatabase()
    const first = await openTestStore({ path })
    const { sessionId } = await turn(first.store)
    await first.store.close()
    const { store } = await openTestStore({ path })
    await turn(store, sessionId)
    const { events } = await store.events(sessionId, 0, everything)
    let applied = 0
    for (const event of events) {
      expect(event.from).toBe(applied + 1)
      applied = event.seq
    }
    expect(applied).toBe((await store.head(sessionId)).head.seq)
  })

  test('a failed commit uses no seq', async () => {
    const path = testDatabase()
    let fails = false
    const { store } = await openTestStore({
      path,
      storage: intercepted(path, (commit, slices) => {
        if (fails) throw new Error('constraint failed')
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    fails = true
    await expect(store.writer(run).finish({ reason: 'stop' })).rejects.toThrow('constraint')
    fails = false
    const result = await store.append({ sessionId: run.sessionId, drafts: [ended(run.runId)] })
    expect(result).toMatchObject({ events: [{ seq: 4 }] })
  })

  test('two writers of one session get each event its own place', async () => {
    const { store } = await openTestStore()
    const { id } = await store.sessions.create({ owner: 'me' })
    const add = (n: number) =>
      store.append({ sessionId: id, drafts: [{ type: 'usage', add: { inputTokens: n } }] })
    const results = await Promise.all(Array.from({ length: 50 }, (_, n) => add(n)))
    const seqs = results.flatMap((result) =>
      result.refused === undefined ? result.events.map(({ seq }) => seq) : [],
    )
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
    expect((await store.head(id)).head.usage).toEqual({
      version: 50,
      totals: { inputTokens: (49 * 50) / 2 },
    })
  })

  test('a reader resumes strictly after the cursor, at every event of a recorded session', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    await turn(store, sessionId)
    const all = await store.events(sessionId, 0, everything)
    const newest = all.cursor.seq
    for (let after = 0; after <= newest; after++) {
      const { events, cursor, complete } = await store.events(sessionId, after, everything)
      expect(events[0]?.from ?? newest + 1).toBe(after + 1)
      expect({ cursor, complete }).toEqual({ cursor: all.cursor, complete: true })
    }
  })

  test('a batch ends at its budget, counted after merging, and has at least one event', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store, undefined, 40)
    const steps: Event[][] = []
    for (let after = 0; ;) {
      const { events, cursor, complete } = await store.events(sessionId, after, { bytes: 1 })
      steps.push(events)
      if (complete) break
      after = cursor.seq
    }
    expect(steps.every(({ length }) => length === 1)).toBe(true)
    expect(steps.flat().at(-1)?.type).toBe('run-ended')
    const merged = await store.events(sessionId, 3, { bytes: 400 })
    expect(merged.events[0]).toMatchObject({ type: 'message-delta', from: 4, seq: 43 })
  })

  test('a long answer is packed while it streams, and reads the same', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const run = await startRun(store)
    const writer = store.writer(run)
    let expected = ''
    for (let i = 0; i < 2_500; i++) {
      await writer.write({ type: 'text-delta', text: `${i} ` })
      await store.flush(run.messageId)
      expected += `${i} `
    }
    const { events } = await store.events(run.sessionId, 0, everything)
    expect(events.at(-1)).toMatchObject({ type: 'message-delta', from: 4, seq: 2_503 })
    await store.close()
    const again = await openTestStore({ path })
    const { messages, head } = await again.store.window(run.sessionId)
    expect(messages.at(-1)).toMatchObject({ status: 'open', parts: [{ text: expected }] })
    expect(head.run?.id).toBe(run.runId)
    await again.store.writer(run).finish({ reason: 'lost' }, [ended(run.runId)])
    expect((await again.store.message(run.sessionId, run.messageId))?.status).toBe('done')
  })

  test('commits survive a process that ends without closing', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const run = await startRun(store)
    await store.writer(run).write({ type: 'text-delta', text: 'half an answer' })
    const window = await store.window(run.sessionId)
    const copy = testDatabase()
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix)
    const recovered = await openTestStore({ path: copy })
    expect(await recovered.store.window(run.sessionId)).toEqual(window)
  })
})

describe('cursors', () => {
  async function checked(store: Store, sessionId: string, change: Partial<Cursor>) {
    const { cursor } = await store.head(sessionId)
    return store.checkCursor(sessionId, { ...cursor, ...change })
  }

  test('every returned cursor stays valid through packing and a restart', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const { sessionId } = await turn(store)
    const cursors: Cursor[] = []
    for (let after = 0; ;) {
      const { cursor, complete } = await store.events(sessionId, after, { bytes: 1 })
      cursors.push(cursor)
      if (complete) break
      after = cursor.seq
    }
    await store.close()
    const again = await openTestStore({ path })
    for (const cursor of cursors) {
      expect(await again.store.checkCursor(sessionId, cursor)).toBe('ok')
    }
  })

  test('of another session, ahead of the head, or of another commit has its own reason', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    const other = await turn(store)
    const { cursor: foreign } = await store.head(other.sessionId)
    expect(await store.checkCursor(sessionId, foreign)).toBe('cursor-unknown')
    expect(await checked(store, sessionId, { seq: 1_000 })).toBe('cursor-ahead')
    expect(await checked(store, sessionId, { tag: 'XXXXXX' })).toBe('cursor-unknown')
    expect(await checked(store, sessionId, { seq: 0, tag: '' })).toBe('ok')
  })

  test('a cursor is rejected after a restored backup was written past it', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const { sessionId } = await turn(store)
    const backup = testDatabase()
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, backup + suffix)
    await turn(store, sessionId)
    const { cursor } = await store.head(sessionId)
    const restored = await openTestStore({ path: backup })
    expect(await restored.store.checkCursor(sessionId, cursor)).toBe('cursor-ahead')
    await turn(restored.store, sessionId)
    await turn(restored.store, sessionId)
    expect(await restored.store.checkCursor(sessionId, cursor)).toBe('cursor-unknown')
  })
})

describe('followers', () => {
  test('an event that is committed during the read is seen once', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const { cursor } = await store.head(run.sessionId)
    const controller = new AbortController()
    const batches = store.follow(run.sessionId, cursor.seq, { signal: controller.signal })
    const first = batches.next()
    await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    const seqs = (await first).value?.events.map(({ seq }) => seq)
    expect(seqs).toEqual([4, 5])
    const second = batches.next()
    await turn(store, run.sessionId, 1)
    expect((await second).value?.events[0]?.seq).toBe(6)
    controller.abort()
  })

  test('a slow reader gets fewer, larger batches, and everything', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const controller = new AbortController()
    const batches = store.follow(run.sessionId, 3, { signal: controller.signal })
    const writer = store.writer(run)
    for (let i = 0; i < 100; i++) {
      await writer.write({ type: 'text-delta', text: `${i} ` })
      await clock.advance(33)
    }
    const { value } = await batches.next()
    expect(value?.events).toMatchObject([{ from: 4, seq: 103 }])
    controller.abort()
  })

  test('followers at the same cursor share one batch', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    const { signal } = new AbortController()
    const [a, b] = await Promise.all(
      [1, 2].map(() => store.follow(sessionId, 0, { signal }).next()),
    )
    expect(a?.value).toBe(b?.value)
  })

  test('a follower ends when its session is deleted or the store closes, and throws on abort', async () => {
    const { store } = await openTestStore()
    const deleted = await turn(store)
    const closed = await turn(store)
    const forever = new AbortController().signal
    const controller = new AbortController()
    const head = 1_000
    const ends = [
      store.follow(deleted.sessionId, head, { signal: forever }).next(),
      store.follow(closed.sessionId, head, { signal: forever }).next(),
    ]
    const aborted = store.follow(closed.sessionId, head, { signal: controller.signal }).next()
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await store.sessions.delete(deleted.sessionId)
    expect((await ends[0])?.done).toBe(true)
    await store.close()
    expect((await ends[1])?.done).toBe(true)
  })
})

describe('history', () => {
  test('the window is the newest epoch, and pages continue before it, each within one epoch', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    await turn(store, sessionId)
    await boundary(store, sessionId, 'summary')
    await turn(store, sessionId)
    const { pages: seen, end } = await pages(store, sessionId, 3)
    expect(seen.map(({ length }) => length)).toEqual([1, 3, 3])
    expect(seen.at(-1)?.[0]).toBe('summary')
    expect(new Set(seen.flat()).size).toBe(7)
    expect(end).toMatchObject({ hasOlder: false, nextCursor: null, epoch: 0 })
  })

  test('a window is capped in messages and bytes, and has at least one message', async () => {
    const { store } = await openTestStore({ limits: { windowMessages: 3, windowBytes: 1 } })
    const { sessionId } = await turn(store)
    await turn(store, sessionId)
    const window = await store.window(sessionId)
    expect(window).toMatchObject({ messages: [{ order: 4 }], hasOlder: true })
    const { pages: seen } = await pages(store, sessionId, 2)
    expect(seen.flat()).toHaveLength(4)
  })

  test('after a reset the window is empty and knows of older messages', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    await boundary(store, sessionId)
    await boundary(store, sessionId)
    expect(await store.window(sessionId)).toMatchObject({
      messages: [],
      hasOlder: true,
      head: { epoch: 2 },
    })
    const page = await store.page(sessionId)
    expect(page).toMatchObject({ epoch: 0, hasOlder: false, messages: [{}, {}] })
  })

  test('a page above the limit is refused with the limit', async () => {
    const { store } = await openTestStore()
    const { sessionId } = await turn(store)
    await expect(store.page(sessionId, { limit: 201 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'limit', value: '201', limit: 200 },
    })
  })
})

describe('guards', () => {
  test('one run at a time; the same message id twice is refused', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const again = { sessionId: run.sessionId, guard: { is: 'idle' as const } }
    const other = runDrafts({ runId: 'other', messageId: 'other' })
    expect(await store.append({ ...again, drafts: other })).toEqual({ refused: 'guard-failed' })
    await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    expect(await store.append({ ...again, drafts: runDrafts(run) })).toEqual({
      refused: 'message-exists',
    })
    expect((await store.append({ ...again, drafts: other })).refused).toBeUndefined()
  })

  test('a queue accepts up to its limit and keeps its order', async () => {
    const { store } = await openTestStore()
    const { sessionId, runId } = await startRun(store)
    const enqueue = (id: string) =>
      store.append({
        sessionId,
        guard: { is: 'enqueue', queueBelow: 2 },
        drafts: [
          {
            type: 'queue-changed',
            add: { kind: 'reset', runId: id, trigger: 'user', queuedAt: 1 },
          },
        ],
      })
    const results = [await enqueue('a'), await enqueue('b'), await enqueue('c')]
    expect(results.map(({ refused }) => refused)).toEqual([undefined, undefined, 'queue-full'])
    const next = (id: string) =>
      store.append({
        sessionId,
        guard: { is: 'next-in-queue', runId: id },
        drafts: [{ type: 'queue-changed', remove: id }],
      })
    expect(await next('a')).toEqual({ refused: 'guard-failed' })
    await store.append({ sessionId, drafts: [ended(runId)] })
    expect(await next('b')).toEqual({ refused: 'guard-failed' })
    expect((await next('a')).refused).toBeUndefined()
    expect((await store.head(sessionId)).head.queue.map((queued) => queued.runId)).toEqual(['b'])
  })

  test('runs that did not end are found after a restart, with their leases', async () => {
    const path = testDatabase()
    const first = await openTestStore({ path })
    const run = await startRun(first.store)
    await first.store.heartbeat()
    expect(await first.store.activeRuns()).toMatchObject([{ lease: { own: true, beats: 1 } }])
    await first.store.close()
    const { store } = await openTestStore({ path })
    expect(await store.activeRuns()).toMatchObject([
      { sessionId: run.sessionId, lease: { own: false, beats: 1 }, open: [{ id: run.messageId }] },
    ])
  })
})

describe('sessions and activity', () => {
  test('another principal’s sessions are not found', async () => {
    const { store } = await openTestStore()
    const { id } = await store.sessions.create({ owner: 'me', members: ['you'] })
    await expect(store.sessions.get(id, 'you')).resolves.toMatchObject({ id })
    await expect(store.sessions.get(id, 'them')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await store.sessions.list('them')).sessions).toEqual([])
  })

  test('a title with half a character is kept with a replacement character', async () => {
    const { store } = await openTestStore()
    const { id, title } = await store.sessions.create({ owner: 'me', title: 'Cut \uD83C' })
    expect(title).toBe('Cut \uFFFD')
    expect(await store.sessions.get(id, 'me')).toMatchObject({ title })
    const change = { title: '\uDF89 new', ifTitle: 'Cut \uD83C' }
    expect(await store.sessions.update(id, change)).toMatchObject({ title: '\uFFFD new' })
  })

  test('sessions are listed by recency, page by page', async () => {
    const { store, clock } = await openTestStore()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      ids.push((await store.sessions.create({ owner: 'me' })).id)
      await clock.advance(10)
    }
    await turn(store, ids[0])
    const first = await store.sessions.list('me', { limit: 3 })
    const second = await store.sessions.list('me', { limit: 3, cursor: first.nextCursor ?? '' })
    expect([...first.sessions, ...second.sessions].map(({ id }) => id)).toEqual(
      [0, 4, 3, 2, 1].map((i) => ids[i]),
    )
    expect(second.nextCursor).toBeNull()
  })

  test('revision rises on lifecycle changes and never on a delta; headSeq is filled in', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const before = await store.activity.row('me', run.sessionId)
    await store.writer(run).write({ type: 'text-delta', text: 'x' })
    await clock.advance(33)
    const during = await store.activity.row('me', run.sessionId)
    expect(during).toEqual({ ...before, headSeq: 4 })
    await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    const after = await store.activity.row('me', run.sessionId)
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0)
    expect(after).toMatchObject({ streaming: false, generation: 1, messageCount: 2, unread: 1 })
  })

  test('an interruption does not move recency', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const { recency } = (await store.activity.row('me', run.sessionId)) ?? {}
    await clock.advance(1_000)
    await store.writer(run).finish({ reason: 'interrupted' }, [ended(run.runId)])
    expect((await store.activity.row('me', run.sessionId))?.recency).toBe(recency)
  })

  test('a read mark is kept per principal, and moves only forward and not beyond the newest message', async () => {
    const { store } = await openTestStore()
    const { id } = await store.sessions.create({ owner: 'me', members: ['you'] })
    await turn(store, id)
    await turn(store, id)
    const unread = async (who: string) => (await store.activity.row(who, id))?.unread
    expect(await unread('me')).toBe(2)
    expect(await store.activity.markRead(id, 'me', 2)).toBe(2)
    expect(await unread('me')).toBe(1)
    expect(await store.activity.markRead(id, 'me', 1)).toBe(2)
    expect(await store.activity.markRead(id, 'me', 999)).toBe(4)
    await turn(store, id)
    expect([await unread('me'), await unread('you')]).toEqual([1, 3])
  })

  test('the feed returns the changes since its cursor, including removals, or everything', async () => {
    const { store } = await openTestStore()
    const [kept, gone] = [await turn(store), await turn(store)]
    const { cursor } = await store.activity.list('me')
    const controller = new AbortController()
    const changes = store.activity.follow('me', cursor, { signal: controller.signal })
    expect((await changes.next()).value).toMatchObject({ rows: [], complete: false })
    await store.sessions.delete(gone.sessionId)
    expect((await changes.next()).value).toMatchObject({
      rows: [],
      removed: [{ sessionId: gone.sessionId }],
    })
    const next = changes.next()
    await store.sessions.update(kept.sessionId, { title: 'Kept' })
    expect((await next).value).toMatchObject({ rows: [{ title: 'Kept' }], removed: [] })
    controller.abort()
    const foreign = store.activity.follow('me', 'elsewhere.3', controller)
    await expect(foreign.next()).rejects.toThrow('aborted')
    const again = store.activity.follow('me', 'elsewhere.3', new AbortController())
    expect((await again.next()).value).toMatchObject({ complete: true, rows: [{ title: 'Kept' }] })
  })
})
