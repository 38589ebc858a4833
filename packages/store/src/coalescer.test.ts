import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { StorageError } from './storage.ts'
import {
  ended,
  intercepted,
  openTestStore,
  startRun,
  testDatabase,
  textOnDisk,
} from './testing/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })
const hour = 3_600_000

describe('the flush window', () => {
  test('deltas coalesce: nothing early, then exactly one commit, ring and update', async () => {
    const { store, clock, path } = await openTestStore()
    const run = await startRun(store)
    const before = store.stats().commits
    const head = await store.head(run.sessionId)
    const controller = new AbortController()
    const batches = store.follow(run.sessionId, head.cursor.seq, { signal: controller.signal })
    const first = batches.next()
    const updates = store.updates.subscribe()

    const writer = store.writer(run)
    for (let i = 0; i < 5; i++) await writer.write(text('a'))
    await clock.advance(32)
    expect(store.stats().commits).toBe(before)
    expect(await textOnDisk(path, run)).toBe('')

    await clock.advance(1)
    expect(store.stats().commits).toBe(before + 1)
    expect(await textOnDisk(path, run)).toBe('aaaaa')
    expect((await first).value).toMatchObject({ events: [{ type: 'message-delta' }] })
    expect((await updates.next()).value).toMatchObject({
      message: { id: run.messageId, parts: [{ text: 'aaaaa' }] },
    })

    await clock.advance(1_000)
    expect(store.stats().commits).toBe(before + 1)
    controller.abort()
  })

  test('later deltas join the window and do not push it back', async () => {
    const { store, clock, path } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('a'))
    await clock.advance(30)
    await writer.write(text('b'))
    await clock.advance(3)
    expect(await textOnDisk(path, run)).toBe('ab')
  })

  test('all messages of all sessions share one commit per window', async () => {
    const { store, clock } = await openTestStore()
    const runs = await Promise.all(Array.from({ length: 20 }, () => startRun(store)))
    const before = store.stats().commits
    for (const run of runs) await store.writer(run).write(text('x'))
    await clock.advance(33)
    expect(store.stats().commits).toBe(before + 1)
  })

  test('a window of 0 flushes each update before its call returns', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: 0 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    for (const expected of ['a', 'aa', 'aaa']) {
      await writer.write(text('a'))
      expect(await textOnDisk(path, run)).toBe(expected)
    }
  })

  test('the first delta of a message is committed at once where that is chosen', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour, firstDelta: true } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('a'))
    await writer.write(text('b'))
    expect(await textOnDisk(path, run)).toBe('a')
  })

  test('the window stretches so that flushing takes at most a quarter of the time', async () => {
    const file = testDatabase()
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        clock.after(100, () => slow.resolve())
        await slow.promise
        return commit(slices)
      }),
    })
    let slow = Promise.withResolvers<void>()
    const starting = startRun(store)
    await clock.advance(100)
    await starting
    slow = Promise.withResolvers()
    expect(store.stats().flushWindow).toBe(300)
  })
})

describe('structural changes are on disk before the call returns, with a window of an hour', () => {
  const tool = { toolCallId: 't', toolName: 'read' }
  test.each([
    ['a tool call added', { type: 'tool-input-start' as const, id: 't', toolName: 'read' }],
    ['a tool call with its input', { type: 'tool-call' as const, ...tool, input: { path: 'x' } }],
    ['a tool result', { type: 'tool-result' as const, ...tool, input: {}, output: 'found' }],
    ['a tool error', { type: 'tool-error' as const, ...tool, input: {}, error: 'no such file' }],
  ])('%s', async (_, part) => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before'))
    await writer.write(part)
    expect(await textOnDisk(path, run)).toBe('before')
    expect((await store.message(run.sessionId, run.messageId))?.parts).toHaveLength(2)
  })

  test('the end of reasoning', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write({ type: 'reasoning-delta', id: 'r', text: 'hmm' })
    expect(await textOnDisk(path, run)).toBe('')
    await writer.write({ type: 'reasoning-end', id: 'r' })
    expect(await textOnDisk(path, run)).toBe('hmm')
  })

  test.each(['stop', 'error', 'interrupted'] as const)('the finish: %s', async (reason) => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const updates = store.updates.subscribe()
    const writer = store.writer(run)
    await writer.write(text('partial'))
    await writer.finish({ reason }, [ended(run.runId)])
    expect(await textOnDisk(path, run)).toBe('partial')
    expect((await updates.next()).value?.message).toMatchObject({ status: 'open' })
    expect((await updates.next()).value?.message).toMatchObject({
      status: 'done',
      metadata: { finishReason: reason },
    })
  })

  test('the finish, the end of the run and what was pending are one commit', async () => {
    const { store } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('partial'))
    const before = store.stats().commits
    await writer.finish({ reason: 'stop', usage: { outputTokens: 1 } }, [ended(run.runId)])
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    expect(store.stats().commits).toBe(before + 1)
    const { events } = await store.events(run.sessionId, 3, { bytes: 1e6 })
    expect(events.map(({ type }) => type)).toEqual([
      'message-delta',
      'message-finished',
      'usage',
      'run-ended',
    ])
  })
})

describe('flush', () => {
  test('drains one message, and is a no-op the second time', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    await store.writer(run).write(text('a'))
    await store.flush(run.messageId)
    expect(await textOnDisk(path, run)).toBe('a')
    const { commits } = store.stats()
    await store.flush(run.messageId)
    await store.flushSession(run.sessionId)
    expect(store.stats().commits).toBe(commits)
  })

  test('flushAll drains all sessions', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const runs = await Promise.all([startRun(store), startRun(store)])
    for (const run of runs) await store.writer(run).write(text('a'))
    await store.flushAll()
    for (const run of runs) expect(await textOnDisk(path, run)).toBe('a')
  })

  test('every read of history flushes its session first', async () => {
    const { store } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    await store.writer(run).write(text('a'))
    const { messages } = await store.window(run.sessionId)
    expect(messages.at(-1)?.parts).toMatchObject([{ text: 'a' }])
  })

  test('waits for a commit in flight, and so does flushAll; an abort returns at once', async () => {
    const file = testDatabase()
    let gate = Promise.resolve()
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        await gate
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    await store.writer(run).write(text('a'))
    await clock.advance(33)

    const done: string[] = []
    const flushes = [
      store.flush(run.messageId).then(() => done.push('flush')),
      store.flushAll().then(() => done.push('flushAll')),
    ]
    const controller = new AbortController()
    const aborted = store.flush(run.messageId, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await settle()
    expect(done).toEqual([])
    expect(await textOnDisk(file, run)).toBe('')

    resolve()
    await Promise.all(flushes)
    expect(await textOnDisk(file, run)).toBe('a')
  })
})

describe('a failing database', () => {
  test('a failed write keeps its data and is tried again without a further update', async () => {
    const file = testDatabase()
    let failures = 0
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        if (failures-- > 0) throw new StorageError('full', 'database or disk is full')
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    await store.writer(run).write(text('kept'))
    failures = 2
    await clock.advance(33)
    expect(store.stats()).toMatchObject({ retries: 1, lastError: expect.stringContaining('full') })
    expect(store.stats().unflushedBytes).toBeGreaterThan(0)
    await clock.advance(15)
    expect(await textOnDisk(file, run)).toBe('kept')
    expect(store.stats()).toMatchObject({ retries: 2, unflushedBytes: 0 })
    expect(store.stats().lastError).toBeUndefined()
  })

  test('a delta during a write goes with the next window, by itself', async () => {
    const file = testDatabase()
    let gate = Promise.resolve()
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        await gate
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    const writer = store.writer(run)
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    await writer.write(text('a'))
    await clock.advance(33)
    await writer.write(text('b'))
    resolve()
    await clock.advance(33)
    await clock.advance(100)
    expect(await textOnDisk(file, run)).toBe('ab')
  })

  test('one slice that breaks the transaction fails its own callers only', async () => {
    const file = testDatabase()
    const { store } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        const bad = slices.some(({ drafts }) => JSON.stringify(drafts).includes('poison'))
        if (bad) throw new Error('constraint failed')
        return commit(slices)
      }),
    })
    const [good, bad] = await Promise.all([startRun(store), startRun(store)])
    const outcomes = await Promise.allSettled([
      store.writer(good).finish({ reason: 'stop' }, [ended(good.runId)]),
      store
        .writer(bad)
        .write({ type: 'tool-call', toolCallId: 't', toolName: 'x', input: 'poison' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((await store.message(good.sessionId, good.messageId))?.status).toBe('done')
  })

  test('a value without JSON form is refused before it gets anywhere', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const writer = store.writer(run)
    await expect(
      writer.write({ type: 'tool-call', toolCallId: 't', toolName: 'x', input: cyclic }),
    ).rejects.toMatchObject({ code: 'BAD_INPUT', data: { reason: 'not-json' } })
    await writer.finish({ reason: 'error' }, [ended(run.runId)])
    expect((await store.message(run.sessionId, run.messageId))?.status).toBe('done')
  })
})

describe('limits and ends', () => {
  test('calls wait while too much is unflushed, but not for a window of an hour', async () => {
    const file = testDatabase()
    let gate = Promise.resolve()
    const { store } = await openTestStore({
      path: file,
      flush: { maxUnflushedBytes: 100, windowMs: hour },
      storage: intercepted(file, async (commit, slices) => {
        await gate
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    const writer = store.writer(run)
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    let accepted = false
    await writer.write(text('x'.repeat(10)))
    const writing = writer.write(text('x'.repeat(91))).then(() => (accepted = true))
    await settle()
    expect(accepted).toBe(false)
    resolve()
    await writing
    expect(store.stats().unflushedBytes).toBe(0)
    expect(await textOnDisk(file, run)).toBe('x'.repeat(101))
  })

  test('a message that would pass its limit is kept up to there', async () => {
    const { store } = await openTestStore({ limits: { messageBytes: 1_000 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('x'.repeat(900)))
    await expect(writer.write(text('y'.repeat(100)))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { limit: 1_000 },
    })
    await writer.finish({ reason: 'error' })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'x'.repeat(900) },
    ])
  })

  test('a finished message leaves nothing in memory', async () => {
    const { store } = await openTestStore({ flush: { windowMs: hour } })
    const session = (await store.sessions.create({ owner: 'me' })).id
    for (let i = 0; i < 50; i++) {
      const run = await startRun(store, session)
      const writer = store.writer(run)
      await writer.write(text('answer'))
      await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    }
    expect(store.stats()).toMatchObject({ openMessages: 0, unflushedBytes: 0 })
  })

  test('a run that was ended elsewhere writes no more', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('mine'))
    await store.append({
      sessionId: run.sessionId,
      guard: { is: 'run', runId: run.runId },
      drafts: [
        { type: 'message-finished', messageId: run.messageId, reason: 'lost' },
        { type: 'run-ended', runId: run.runId, reason: 'lost' },
      ],
    })
    await writer.write(text('late'))
    await clock.advance(33)
    await expect(writer.write(text('later'))).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-superseded' },
    })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'mine' },
    ])
  })

  test('a deleted session drops what is pending, and nothing more is seen of it', async () => {
    const { store, clock } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    const updates = store.updates.subscribe()
    await writer.write(text('a'))
    await store.sessions.delete(run.sessionId)
    const { commits } = store.stats()
    await clock.advance(1_000)
    expect(store.stats().commits).toBe(commits)
    await expect(writer.write(text('b'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    store.updates.close()
    expect((await updates.next()).done).toBe(true)
  })

  test('a closed store says so, and has kept what was accepted', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('kept'))
    await store.close()
    expect(await textOnDisk(path, run)).toBe('kept')
    await expect(writer.write(text('more'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
