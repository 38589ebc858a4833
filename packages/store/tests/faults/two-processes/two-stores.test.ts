import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { checkCursor } from '../../../src/core/reading/cursor-verdict.ts'
import { prompt, turn } from '../../../src/conformance/support/drafts.ts'
import { write } from '../../../src/conformance/support/writes.ts'
import {
  ended,
  openTestStore,
  startRun,
  testDatabase,
  textOnDisk,
} from '../../support/open-test-store.ts'
import { readWhole } from '../../support/check-database.ts'
import { createSessions, openStorage } from '../../support/open-storage.ts'

test('queueing a prompt in another process does not take over the run', async () => {
  const path = testDatabase()
  const [a, b] = [await openTestStore({ path }), await openTestStore({ path })]
  const { sessionId } = await startRun(a.store)
  await b.store.append({
    sessionId,
    guard: { is: 'enqueue', queueBelow: 9 },
    drafts: [
      { type: 'queue-changed', add: { kind: 'reset', runId: 'r', trigger: 'user', queuedAt: 1 } },
    ],
  })
  expect(await a.store.activeRuns()).toMatchObject([{ lease: { own: true } }])
  expect(await b.store.activeRuns()).toMatchObject([{ lease: { own: false } }])
})

test('rows of the session list show the writes of the other process', async () => {
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

test('every kind of write waits for a lock of another process', async () => {
  const path = testDatabase()
  const { store, clock } = await openTestStore({ path })
  const { id } = await store.sessions.create({ owner: 'me' })
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const writes = Promise.all([
    store.sessions.create({ owner: 'me' }),
    store.sessions.update(id, { title: 'x' }),
    store.heartbeat(),
    store.activity.markRead(id, 'me', 1),
  ])
  await clock.advance(20)
  other.exec('COMMIT')
  other.close()
  await clock.advance(100)
  await writes
  expect((await store.sessions.get(id, 'me')).title).toBe('x')
})

test('a lock that is never released becomes a typed error, and deltas keep waiting', async () => {
  const path = testDatabase()
  const { store, clock } = await openTestStore({ path })
  const run = await startRun(store)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await store.writer(run).write({ type: 'text-delta', text: 'kept' })
  const creating = store.sessions.create({ owner: 'me' }).catch((error: unknown) => error)
  await clock.advance(6_000)
  expect(await creating).toMatchObject({ name: 'StorageError', failure: 'busy' })
  expect(store.stats().unflushedBytes).toBeGreaterThan(0)
  other.close()
  await clock.advance(2_000)
  expect(store.stats().unflushedBytes).toBe(0)
  expect(await textOnDisk(path, run)).toBe('kept')
})

test('a process that slept through the writes of another, whose log is empty again, reuses no seq', async () => {
  const file = testDatabase()
  const [slept, other] = [await openStorage(file), await openStorage(file)]
  await createSessions(slept, ['s', 't'])
  await write(slept, 's', [prompt('first')])
  await write(other, 's', turn('meanwhile'))
  // Closing packs and removes as much of the log as possible.
  await other.close()
  const next = await openStorage(file)
  await write(next, 't', [prompt('elsewhere')])
  const { events, cursor } = await write(slept, 's', [prompt('last')])
  expect(events).toMatchObject([{ seq: 4, message: { order: 4 } }])
  expect(await checkCursor(next, 's', cursor)).toBe('ok')
  const { messages } = await readWhole(slept, 's')
  expect(messages).toHaveLength(4)
  expect(messages).toEqual((await readWhole(next, 's')).messages)
})
