import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { ManualClock } from '@caughtup/schema/testing'
import { expect, onTestFinished, test } from 'vitest'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore, type Store } from '../../src/store.ts'
import { ended, startRun, testDatabase } from '../support/open-test-store.ts'
import { everything } from '../support/check-database.ts'

const pageBytes = 2_048

/** Overwrites the first page of a table and returns what was there. */
function overwrite(file: string, table: string, bytes?: Buffer): Buffer {
  const db = new DatabaseSync(file)
  const row = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)
  db.close()
  const position = (Number(row?.['rootpage']) - 1) * pageBytes
  const fd = openSync(file, 'r+')
  const before = Buffer.alloc(pageBytes)
  readSync(fd, before, 0, pageBytes, position)
  writeSync(fd, bytes ?? Buffer.alloc(pageBytes, 0xff), 0, pageBytes, position)
  closeSync(fd)
  return before
}

async function open(path: string): Promise<{ store: Store; clock: ManualClock }> {
  const clock = new ManualClock()
  const store = await createStore({ storage: sqlite({ path }), clock })
  // Its last maintenance may meet the corrupt page again.
  onTestFinished(() => store.close().catch(() => undefined))
  return { store, clock }
}

async function addTurn(store: Store, clock: ManualClock, sessionId?: string) {
  const run = await startRun(store, sessionId)
  await store.writer(run).write({ type: 'text-delta', text: `Turn ${run.runId}` })
  await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
  await clock.advance(1_000)
  return run.sessionId
}

test('a corrupt page fails its readers, and concurrent writes are kept', async () => {
  const path = testDatabase()
  const first = await open(path)
  const sessionId = await addTurn(first.store, first.clock)
  await first.store.close()

  const page = overwrite(path, 'blocks')
  const { store, clock } = await open(path)
  await expect(store.events(sessionId, 0, { bytes: everything })).rejects.toMatchObject({
    name: 'StorageError',
    failure: 'corrupt',
  })
  expect((await store.window(sessionId)).messages).toHaveLength(2)
  await addTurn(store, clock, sessionId)
  const { cursor } = await store.head(sessionId)
  expect(store.stats().upkeepFailures).toBeGreaterThan(0)
  expect(store.stats().lastError).toContain('malformed')
  await store.close().catch(() => undefined)

  overwrite(path, 'blocks', page)
  const again = await open(path)
  const { events } = await again.store.events(sessionId, 0, { bytes: everything })
  expect(events.at(-1)?.seq).toBe(cursor.seq)
  expect((await again.store.window(sessionId)).messages).toHaveLength(4)
  await addTurn(again.store, again.clock, sessionId)
  expect(again.store.stats()).toMatchObject({ unpackedEvents: 0, upkeepFailures: 0 })
})

test('a commit that meets a corrupt page fails with a typed error, and other commits succeed', async () => {
  const path = testDatabase()
  const first = await open(path)
  const sessionId = await addTurn(first.store, first.clock)
  await first.store.close()
  overwrite(path, 'removed')
  const { store, clock } = await open(path)
  const { id } = await store.sessions.create({ owner: 'me' })
  await expect(store.sessions.delete(id)).rejects.toMatchObject({
    name: 'StorageError',
    failure: 'corrupt',
  })
  await addTurn(store, clock, sessionId)
  expect((await store.window(sessionId)).messages).toHaveLength(4)
})
