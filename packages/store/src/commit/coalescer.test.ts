import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { memory } from '../engines/memory/index.ts'
import type { Slice } from '../port/commit.ts'
import { StorageError } from '../port/storage-error.ts'
import type { Store } from '../store.ts'
import {
  ended,
  intercepted,
  messagesOf,
  openTestStore,
  startRun,
  testDatabase,
  type TestRun,
  textOnDisk,
} from '../../tests/support/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })
const hour = 3_600_000

/** An engine whose commits a test can delay before they are made. */
function gated(file: string) {
  let gate = Promise.resolve()
  return {
    storage: intercepted(file, async (commit, slices) => {
      await gate
      return commit(slices)
    }),
    /** Commits wait from now on, until the returned function is called. */
    shut(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}

describe('the flush window', () => {
  test('deltas coalesce: nothing early, then exactly one commit, notification and update', async () => {
    const { store, clock, path } = await openTestStore()
    const run = await startRun(store)
    const before = store.stats().commits
    const head = await store.head(run.sessionId)
    const controller = new AbortController()
    const batches = store.follow(run.sessionId, head.cursor.seq, { signal: controller.signal })
    const first = batches.next()
    const updates = store.updates.subscribe()
    const seen: unknown[] = []
    const watching = (async () => {
      for await (const { parts } of messagesOf(updates)) seen.push(parts)
    })()

    const writer = store.writer(run)
    for (let i = 0; i < 5; i++) await writer.write(text('a'))
    await clock.advance(32)
    expect(store.stats().commits).toBe(before)
    expect(await textOnDisk(path, run)).toBe('')

    await clock.advance(1)
    expect(store.stats().commits).toBe(before + 1)
    expect(await textOnDisk(path, run)).toBe('aaaaa')
    expect((await first).value?.events).toMatchObject([
      { type: 'message-delta', ops: [{ value: { text: 'aaaaa' } }] },
    ])

    const second = batches.next()
    await clock.advance(1_000)
    expect(store.stats().commits).toBe(before + 1)
    await writer.finish({ reason: 'stop' })
    expect((await second).value?.events).toMatchObject([{ type: 'message-finished' }])
    controller.abort()
    store.updates.close()
    await watching
    expect(seen).toMatchObject([[{ text: 'aaaaa', state: 'streaming' }], [{ state: 'done' }]])
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

  test('window 0 flushes each update before its call returns', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: 0 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    for (const expected of ['a', 'aa', 'aaa']) {
      await writer.write(text('a'))
      expect(await textOnDisk(path, run)).toBe(expected)
    }
  })

  test('with `firstDelta`, the first delta of a message is committed at once', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour, firstDelta: true } })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('a'))
    await writer.write(text('b'))
    expect(await textOnDisk(path, run)).toBe('a')
  })

  test('the window stretches so that flushing takes a quarter of the time, and shrinks again', async () => {
    const file = testDatabase()
    let took = 100
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        await new Promise<void>((resolve) => clock.after(took, resolve))
        return commit(slices)
      }),
    })
    const starting = startRun(store)
    await clock.advance(100)
    const run = await starting
    expect(store.stats().flushWindow).toBe(300)
    const writer = store.writer(run)
    const begins = clock.monotonic()
    for (let i = 0; i < 200; i++) {
      await writer.write(text('x'))
      await clock.advance(20)
    }
    expect(store.stats().commits).toBe(11)
    expect(clock.monotonic() - begins).toBe(4_000)
    took = 0
    await clock.advance(1_000)
    expect(store.stats().flushWindow).toBe(33)
  })

  test('a window is never longer than a second, however slow the database is', async () => {
    const file = testDatabase()
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        await new Promise<void>((resolve) => clock.after(2_500, resolve))
        return commit(slices)
      }),
    })
    const starting = startRun(store)
    await clock.advance(2_500)
    await starting
    expect(store.stats().flushWindow).toBe(1_000)
  })

  test('structural changes of one event loop turn share a commit after the first', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const runs = await Promise.all(Array.from({ length: 20 }, () => startRun(store)))
    await settle()
    const { commits } = store.stats()
    const finishes = runs.map(
      (run) =>
        new Promise<void>((resolve, reject) => {
          setImmediate(
            () => void store.writer(run).finish({ reason: 'stop' }).then(resolve, reject),
          )
        }),
    )
    await Promise.all(finishes)
    expect(store.stats().commits).toBe(commits + 2)
  })

  test('timers run while a program writes without a pause', async () => {
    const { store } = await openTestStore({ storage: memory() })
    const { sessionId } = await startRun(store)
    let fired = false
    setTimeout(() => (fired = true), 0)
    let calls = 0
    while (!fired && calls < 100_000) {
      await store.append({ sessionId, drafts: [{ type: 'usage', add: { inputTokens: 1 } }] })
      calls++
    }
    expect(calls).toBeLessThan(100_000)
  })
})

describe('flush', () => {
  test('flush drains, twice is a no-op', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    await store.writer(run).write(text('a'))
    await store.flush(run.messageId)
    expect(await textOnDisk(path, run)).toBe('a')
    const { commits } = store.stats()
    await store.flush(run.messageId)
    await store.flushSession(run.sessionId)
    await store.flushAll()
    await store.flush('no-such-message')
    expect(store.stats().commits).toBe(commits)
  })

  test('flushSession drains one session', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const run = await startRun(store)
    await store.writer(run).write(text('a'))
    await store.flushSession(run.sessionId)
    expect(await textOnDisk(path, run)).toBe('a')
  })

  test('flushAll drains all sessions, in one commit', async () => {
    const { store, path } = await openTestStore({ flush: { windowMs: hour } })
    const runs = await Promise.all([startRun(store), startRun(store)])
    for (const run of runs) await store.writer(run).write(text('a'))
    const { commits } = store.stats()
    await store.flushAll()
    expect(store.stats().commits).toBe(commits + 1)
    for (const run of runs) expect(await textOnDisk(path, run)).toBe('a')
  })

  test('every read of history flushes its session first', async () => {
    const { store } = await openTestStore({ storage: memory(), flush: { windowMs: hour } })
    const run = await startRun(store)
    const writer = store.writer(run)
    const { sessionId, messageId } = run
    const reads = [
      async () => (await store.window(sessionId)).messages.at(-1),
      async () => (await store.page(sessionId)).messages.at(-1),
      async () => (await store.head(sessionId)).open[0],
      async () => store.message(sessionId, messageId),
    ]
    for (const [index, read] of reads.entries()) {
      await writer.write({ type: 'data-x', data: index })
      expect((await read())?.parts).toHaveLength(index + 1)
    }
    await writer.write(text('a'))
    const { events } = await store.events(sessionId, 3, { bytes: 1e6 })
    expect(JSON.stringify(events)).toContain('"text":"a"')
  })

  test.each<[string, (store: Store, run: TestRun) => Promise<void>]>([
    ['flush waits for a commit in flight', (store, run) => store.flush(run.messageId)],
    ['flushSession waits too', (store, run) => store.flushSession(run.sessionId)],
    ['flushAll waits too', (store) => store.flushAll()],
  ])('%s: then the row is there', async (_, flush) => {
    const file = testDatabase()
    const gate = gated(file)
    const { store, clock } = await openTestStore({ path: file, storage: gate.storage })
    const run = await startRun(store)
    const open = gate.shut()
    await store.writer(run).write(text('a'))
    await clock.advance(33)
    let done = false
    const flushing = flush(store, run).then(() => (done = true))
    await clock.advance(1_000)
    expect(done).toBe(false)
    expect(await textOnDisk(file, run)).toBe('')
    open()
    await flushing
    expect(await textOnDisk(file, run)).toBe('a')
    const { commits } = store.stats()
    await flush(store, run)
    expect(store.stats().commits).toBe(commits)
  })

  test('an abort returns at once, and the accepted change is still committed', async () => {
    const file = testDatabase()
    const gate = gated(file)
    const { store } = await openTestStore({ path: file, storage: gate.storage })
    const run = await startRun(store)
    const open = gate.shut()
    await store.writer(run).write(text('a'))
    const controller = new AbortController()
    const { signal } = controller
    const flushes = [
      store.flush(run.messageId, { signal }),
      store.flushSession(run.sessionId, { signal }),
      store.flushAll({ signal }),
      store.window(run.sessionId, { signal }),
    ]
    controller.abort(new Error('enough'))
    for (const flush of flushes) await expect(flush).rejects.toThrow('enough')
    open()
    await store.flushAll()
    expect(await textOnDisk(file, run)).toBe('a')
  })

  test('a flush of one session does not wait for the commit of another', async () => {
    const file = testDatabase()
    const gate = gated(file)
    const { store } = await openTestStore({ path: file, storage: gate.storage })
    const [busy, other] = [await startRun(store), await startRun(store)]
    const open = gate.shut()
    await store.writer(busy).write(text('a'))
    const flushing = store.flush(busy.messageId)
    await settle()
    await store.flushSession(other.sessionId)
    await store.flush(other.messageId)
    open()
    await flushing
  })
})

describe('a failing database', () => {
  test('a failed write keeps its data and is retried without another update', async () => {
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

  test('a commit whose answer was lost is retried until its outcome is known', async () => {
    const file = testDatabase()
    const attempts: (readonly Slice[])[] = []
    let answers: Error[] = []
    const { store, clock } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        attempts.push(slices)
        const answer = answers.shift()
        if (answer) throw answer
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    const end = { sessionId: run.sessionId, drafts: [ended(run.runId)] }
    attempts.length = 0
    answers = [
      new StorageError('unknown', 'The connection ended before the answer.'),
      new StorageError('busy', 'The next attempt tells nothing of the one before.'),
    ]
    const late = store.append(end, { maxWaitMs: 2 })
    const outcome = late.catch((error: unknown) => error)
    await clock.advance(2)
    expect(await outcome).toMatchObject({
      code: 'UNAVAILABLE',
      data: { reason: 'outcome-unknown' },
    })
    const other = store.append({ sessionId: run.sessionId, drafts: [{ type: 'usage', add: {} }] })
    await clock.advance(20)
    expect(await other).toMatchObject({ cursor: { seq: 5 } })
    // Even if withdrawn, the slice is sent again, alone, until its outcome is known.
    expect(attempts.map((slices) => slices.length)).toEqual([1, 1, 1, 1])
    expect(attempts[1]?.[0]).toBe(attempts[0]?.[0])
    expect(attempts[2]?.[0]).toBe(attempts[0]?.[0])
    expect((await store.head(run.sessionId)).head.run).toBeUndefined()
  })

  test('a delta during a write is committed with the next window, without another call', async () => {
    const file = testDatabase()
    const gate = gated(file)
    const { store, clock } = await openTestStore({ path: file, storage: gate.storage })
    const run = await startRun(store)
    const writer = store.writer(run)
    const open = gate.shut()
    await writer.write(text('a'))
    await clock.advance(33)
    await writer.write(text('b'))
    await clock.advance(33)
    open()
    await settle()
    expect(await textOnDisk(file, run)).toBe('a')
    // The commit took 33 ms, so this window is three times as long.
    await clock.advance(99)
    expect(await textOnDisk(file, run)).toBe('ab')
  })

  test('slices that break the transaction fail their own callers only', async () => {
    const file = testDatabase()
    let attempts = 0
    const { store } = await openTestStore({
      path: file,
      flush: { windowMs: hour },
      storage: intercepted(file, async (commit, slices) => {
        attempts++
        const bad = slices.some(({ drafts }) => JSON.stringify(drafts).includes('poison'))
        if (bad) throw new Error('constraint failed')
        return commit(slices)
      }),
    })
    const runs = await Promise.all(Array.from({ length: 32 }, () => startRun(store)))
    const poisoned = new Set([runs[3], runs[20]])
    for (const run of runs) await store.writer(run).write(text('pending'))
    attempts = 0
    const outcomes = await Promise.allSettled(
      runs.map((run) =>
        poisoned.has(run)
          ? store
              .writer(run)
              .write({ type: 'tool-call', toolCallId: 't', toolName: 'x', input: 'poison' })
          : store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)]),
      ),
    )
    for (const [index, run] of runs.entries()) {
      const bad = poisoned.has(run)
      expect(outcomes[index]).toMatchObject(
        bad ? { reason: { message: 'constraint failed' } } : { status: 'fulfilled' },
      )
      const message = await store.message(run.sessionId, run.messageId)
      expect(message).toMatchObject({
        status: bad ? 'open' : 'done',
        parts: [{ text: 'pending' }],
      })
    }
    // Halving finds each in about twice the logarithm of 64 slices.
    expect(attempts).toBeLessThan(30)
    expect(store.stats().unflushedBytes).toBe(0)
  })

  test('deltas that break the transaction fail the next call of their writer', async () => {
    const file = testDatabase()
    const { store } = await openTestStore({
      path: file,
      storage: intercepted(file, async (commit, slices) => {
        const bad = slices.some(({ drafts }) => JSON.stringify(drafts).includes('poison'))
        if (bad) throw new Error('constraint failed')
        return commit(slices)
      }),
    })
    const [bad, good] = [await startRun(store), await startRun(store)]
    const [badWriter, goodWriter] = [store.writer(bad), store.writer(good)]
    await badWriter.write(text('poison'))
    await goodWriter.write(text('a'))
    await store.flushAll()
    await expect(badWriter.write(text('more'))).rejects.toThrow('constraint failed')
    await goodWriter.write(text('b'))
    await store.flushAll()
    expect(await textOnDisk(file, good)).toBe('ab')
    expect(await textOnDisk(file, bad)).toBe('')
  })

  test('a value without a JSON form is refused before it is buffered', async () => {
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

describe('back-pressure', () => {
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
})
