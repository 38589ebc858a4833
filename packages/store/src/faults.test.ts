import { DatabaseSync } from 'node:sqlite'

import { systemClock } from '@caughtup/schema/clock'
import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { sqlite } from './sqlite/index.ts'
import { StorageError } from './storage.ts'
import { createStore } from './store.ts'
import {
  ended,
  intercepted,
  openTestStore,
  runDrafts,
  startRun,
  testDatabase,
} from './testing/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })
const everything = { bytes: 1e9 }

describe('what is written can be read back', () => {
  test('a tool that gives nothing leaves its message whole, also after a restart', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before'))
    await writer.write({ type: 'tool-call', toolCallId: 'a', toolName: 'x', input: undefined })
    await writer.write({
      type: 'tool-result',
      toolCallId: 'a',
      toolName: 'x',
      input: {},
      output: undefined,
    })
    await writer.write({ type: 'tool-input-start', id: 'b', toolName: 'x' })
    await writer.write({
      type: 'tool-error',
      toolCallId: 'b',
      toolName: 'x',
      input: undefined,
      error: undefined,
    })
    await writer.write({ type: 'data-x', data: undefined })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    const { messages } = await store.window(run.sessionId)
    expect(messages[1]?.parts).toMatchObject([
      { type: 'text' },
      { state: 'output-available', output: null },
      { state: 'output-error', errorText: 'null' },
      { type: 'data-x', data: null },
    ])
    await store.close()
    const again = await openTestStore({ path })
    expect((await again.store.window(run.sessionId)).messages).toEqual(messages)
    const { events } = await again.store.events(run.sessionId, 0, everything)
    expect(events.filter(({ type }) => type === 'unreadable')).toEqual([])
  })

  test('what the caller changes afterwards changes nothing', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const output = [1]
    await store
      .writer(run)
      .write({ type: 'tool-result', toolCallId: 'a', toolName: 'x', input: {}, output })
    output.push(2)
    const { messages } = await store.window(run.sessionId)
    expect(messages[1]?.parts).toMatchObject([{ output: [1] }])
  })

  test.each([
    ['a message id', { id: 'msg:1' }],
    ['a time', { metadata: { createdAt: 1.5 } }],
  ])('%s that nobody could read is refused', async (_, change) => {
    const { store } = await openTestStore()
    const { sessionId } = await startRun(store)
    const message = { id: 'm', role: 'user', parts: [], metadata: { createdAt: 1 }, status: 'done' }
    const drafts = [{ type: 'message-created', message: { ...message, ...change } }] as never
    await expect(store.append({ sessionId, drafts })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { reason: 'not-an-event' },
    })
    expect(store.stats().unflushedBytes).toBe(0)
    expect((await store.head(sessionId)).cursor.seq).toBe(3)
  })

  test('damaged lines of a block become unreadable events, without a hole', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const run = await startRun(store)
    const writer = store.writer(run)
    for (let i = 0; i < 4; i++) {
      await writer.write(text('x'))
      await store.flush(run.messageId)
    }
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    await store.close()
    const db = new DatabaseSync(path)
    const { body } = db.prepare('SELECT body FROM blocks').get() as { body: string }
    const lines = body.split('\n')
    lines[3] = '4 tag {"broken'
    lines.splice(5, 2, 'garbage')
    db.prepare('UPDATE blocks SET body = ?').run(lines.join('\n'))
    db.close()
    const again = await openTestStore({ path })
    const { events } = await again.store.events(run.sessionId, 0, everything)
    expect(events.map(({ type, from, seq }) => [type, from, seq])).toEqual([
      ['run-started', 1, 1],
      ['message-created', 2, 2],
      ['message-created', 3, 3],
      ['unreadable', 4, 4],
      ['message-delta', 5, 5],
      ['unreadable', 6, 7],
      ['message-finished', 8, 8],
      ['run-ended', 9, 9],
    ])
  })
})

describe('memory agrees with the disk', () => {
  test('a session that was not used for long is not forgotten in the middle of its commit', async () => {
    const { store } = await openTestStore()
    const ids: string[] = []
    for (let i = 0; i <= 1_000; i++) ids.push((await store.sessions.create({ owner: 'me' })).id)
    for (const id of ids.slice(0, 1_000)) await store.head(id)
    const [first = '', last = ''] = [ids[0], ids.at(-1)]
    const runs = await Promise.all([startRun(store, first), startRun(store, last)])
    for (const run of runs) {
      await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
      const { events } = await store.events(run.sessionId, 0, everything)
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('nothing of a deleted session turns up in a new one', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const other = await store.sessions.create({ owner: 'alice' })
    const run = await startRun(store)
    await store.close()
    const again = await openTestStore({ path })
    await again.store.head(other.id)
    await again.store.sessions.delete(run.sessionId)
    const { id } = await again.store.sessions.create({ owner: 'bob' })
    expect(await again.store.window(id)).toMatchObject({ messages: [], head: { seq: 0 } })
  })

  test('unread is right after a restart in the middle of a run', async () => {
    const path = testDatabase()
    const { store } = await openTestStore({ path })
    const run = await startRun(store)
    await store.writer(run).finish({ reason: 'stop' })
    await store.close()
    const again = await openTestStore({ path })
    const { rows } = await again.store.activity.list('me')
    expect(rows).toMatchObject([{ unread: 1, headSeq: 4, streaming: true }])
  })
})

describe('two processes on one file', () => {
  test('queueing a prompt from elsewhere does not take over the run', async () => {
    const path = testDatabase()
    const [a, b] = [await openTestStore({ path }), await openTestStore({ path })]
    const { sessionId } = await startRun(a.store)
    await b.store.append({
      sessionId,
      guard: { is: 'busy', queueBelow: 9 },
      drafts: [
        { type: 'queue-changed', add: { kind: 'reset', runId: 'r', trigger: 'user', queuedAt: 1 } },
      ],
    })
    expect(await a.store.openRuns()).toMatchObject([{ lease: { own: true } }])
    expect(await b.store.openRuns()).toMatchObject([{ lease: { own: false } }])
  })

  test('rows of the session list are of what the other wrote', async () => {
    const path = testDatabase()
    const [a, b] = [await openTestStore({ path }), await openTestStore({ path })]
    const run = await startRun(a.store)
    expect(await b.store.activity.row('me', run.sessionId)).toMatchObject({ streaming: true })
    await a.store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    expect(await b.store.activity.row('me', run.sessionId)).toMatchObject({
      streaming: false,
      unread: 1,
      headSeq: 5,
    })
  })

  test('a lock that the other holds is waited for, by every kind of write', async () => {
    const path = testDatabase()
    const { store, clock } = await openTestStore({ path })
    const { id } = await store.sessions.create({ owner: 'me' })
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const writes = Promise.all([
      store.sessions.create({ owner: 'me' }),
      store.sessions.update(id, { title: 'x' }),
      store.beat(),
      store.activity.markRead(id, 'me', 1),
    ])
    await clock.advance(20)
    other.exec('COMMIT')
    other.close()
    await clock.advance(100)
    await writes
    expect((await store.sessions.get(id, 'me')).title).toBe('x')
  })
})

describe('a database that fails', () => {
  test('an outage leaves the window as long as it was', async () => {
    const path = testDatabase()
    let busy = false
    const { store, clock } = await openTestStore({
      path,
      storage: intercepted(path, async (commit, slices) => {
        if (busy) throw new StorageError('busy', 'locked')
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    busy = true
    await store.writer(run).write(text('x'))
    await clock.advance(60_000)
    busy = false
    await clock.advance(1_000)
    expect(store.stats()).toMatchObject({ flushWindow: 33, unflushedBytes: 0 })
  })

  test('a corrupt database fails its callers and is not tried for ever', async () => {
    const path = testDatabase()
    let corrupt = false
    const { store } = await openTestStore({
      path,
      storage: intercepted(path, async (commit, slices) => {
        if (corrupt) throw new StorageError('corrupt', 'malformed')
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    corrupt = true
    await expect(store.writer(run).finish({ reason: 'stop' })).rejects.toMatchObject({
      failure: 'corrupt',
    })
    corrupt = false
  })

  test('closing gives up what a stuck database does not take, when it is told to', async () => {
    const path = testDatabase()
    let stuck = false
    const store = await createStore({
      clock: systemClock,
      storage: intercepted(path, async (commit, slices) => {
        if (stuck) throw new StorageError('full', 'disk full')
        return commit(slices)
      }),
    })
    const run = await startRun(store)
    await store.writer(run).write(text('x'))
    stuck = true
    const controller = new AbortController()
    const closing = store.close({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(closing).rejects.toThrow('enough')
    stuck = false
  })
})

describe('one bad call', () => {
  test('a refused value ends the writer, so that nothing is written behind the hole', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before '))
    await expect(writer.write({ type: 'data-x', data: 1n })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
    await expect(writer.write(text('after'))).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await writer.finish({ reason: 'error', part: { type: 'data-notice', data: {} } })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'before ' },
      { type: 'data-notice' },
    ])
  })

  test('a finished message does not take the text of the other with it', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const second = { ...run, messageId: 'second' }
    const [, , created] = runDrafts(second)
    await store.append({ sessionId: run.sessionId, drafts: created ? [created] : [] })
    const [a, b] = [store.writer(run), store.writer(second)]
    await store.append({
      sessionId: run.sessionId,
      drafts: [{ type: 'message-finished', messageId: run.messageId, reason: 'stop' }],
    })
    await a.write(text('late'))
    await b.write(text('kept'))
    await store.flushAll()
    expect((await store.message(run.sessionId, 'second'))?.parts).toMatchObject([{ text: 'kept' }])
    await expect(a.write(text('later'))).rejects.toMatchObject({
      data: { reason: 'message-finished' },
    })
  })

  test('an aborted append writes nothing', async () => {
    const { store } = await openTestStore()
    const run = await startRun(store)
    const signal = AbortSignal.abort(new Error('enough'))
    const append = store.append(
      { sessionId: run.sessionId, drafts: [ended(run.runId)] },
      { signal },
    )
    await expect(append).rejects.toThrow('enough')
    expect((await store.head(run.sessionId)).cursor.seq).toBe(3)
  })

  test('replaced parts do not add up to a message that is too large', async () => {
    const { store } = await openTestStore({ limits: { messageBytes: 1_000 } })
    const run = await startRun(store)
    const writer = store.writer(run)
    for (let i = 0; i < 50; i++) {
      await writer.write({
        type: 'tool-result',
        toolCallId: 'a',
        toolName: 'x',
        input: {},
        output: 'x'.repeat(500),
        preliminary: true,
      })
    }
    await expect(writer.write(text('☃'.repeat(200)))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  test('a session has each member once, and a page at least one message', async () => {
    const { store } = await openTestStore()
    const { id } = await store.sessions.create({ owner: 'a', members: ['b', 'b', 'a'] })
    await expect(store.sessions.get(id, 'b')).resolves.toMatchObject({ id })
    await expect(store.page(id, { limit: 0 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })
})

test('an older state is never published after a newer one, and all waits are one timeout', async () => {
  const { store, clock } = await openTestStore({ updates: { capacity: 1 } })
  const run = await startRun(store)
  const second = { ...run, messageId: 'second' }
  const [, , created] = runDrafts(second)
  await store.append({ sessionId: run.sessionId, drafts: created ? [created] : [] })
  store.updates.subscribe()
  store.updates.publish({ sessionId: '', message: {} as never })
  const finished = { reason: 'stop' as const, type: 'message-finished' as const }
  let returned = false
  const append = store
    .append({
      sessionId: run.sessionId,
      drafts: [
        { ...finished, messageId: run.messageId },
        { ...finished, messageId: 'second' },
      ],
    })
    .then(() => (returned = true))
  await settle()
  expect(returned).toBe(false)
  await clock.advance(50)
  await append
  expect(store.stats().updateMustDeliverDrops).toBe(2)
})

test('open messages are counted no longer when their session is gone', async () => {
  const { store } = await openTestStore()
  const run = await startRun(store)
  expect(store.stats().openMessages).toBe(1)
  await store.sessions.delete(run.sessionId)
  expect(store.stats().openMessages).toBe(0)
})

describe('opening', () => {
  test('a path that is no database is an error that names it', async () => {
    const folder = import.meta.dirname
    await expect(createStore({ storage: sqlite({ path: folder }) })).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining(folder),
    })
    expect(() => sqlite({ path: '' })).toThrow('`path`')
  })

  test.each([{ bodyBytes: -3 }, { bodyByte: 3 }, { pageMost: NaN }])(
    'the limit %j is refused',
    async (limits) => {
      const opening = createStore({ storage: sqlite({ path: testDatabase() }), limits })
      await expect(opening).rejects.toMatchObject({ code: 'BAD_INPUT' })
    },
  )
})
