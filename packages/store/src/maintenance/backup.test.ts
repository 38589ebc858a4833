import { existsSync } from 'node:fs'
import path from 'node:path'

import { systemClock } from '@caughtup/schema/clock'
import { expect, test } from 'vitest'

import { memory } from '../engines/memory/index.ts'
import { sqlite } from '../engines/sqlite/index.ts'
import { openTestStore, startRun, testDatabase } from '../../tests/support/open-test-store.ts'
import { fill, sampleSession, shownIds } from '../../tests/support/sample-history.ts'

function besides(file: string): string {
  return path.join(path.dirname(file), 'copy.db')
}

test('a backup has every change accepted before it, and none after', async () => {
  const { store, path: file } = await openTestStore()
  const sessionId = await sampleSession(store)
  const run = await startRun(store)
  await store.writer(run).write({ type: 'text-delta', text: 'not flushed yet' })
  await store.backup(besides(file))
  await fill(store, sessionId, ['u3'])
  const copy = await openTestStore({ path: besides(file) })
  expect(await shownIds(copy.store, sessionId)).toEqual(['u1', 'a1', 'u2', 'a2'])
  expect((await copy.store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
    { text: 'not flushed yet' },
  ])
})

test('a backup is made while calls continue', async () => {
  const file = testDatabase()
  const { store } = await openTestStore({ storage: sqlite({ path: file }), clock: systemClock })
  const { id } = await store.sessions.create({ owner: 'me' })
  const backup = store.backup(besides(file))
  for (let n = 0; n < 200; n++) await fill(store, id, [`u${n}`])
  await backup
  expect(await shownIds(store, id)).toHaveLength(100)
  const copy = await openTestStore({ path: besides(file) })
  const { messages } = await copy.store.window(id)
  expect(messages.map(({ order }) => order)).toEqual(messages.map((_, n) => messages[0]!.order + n))
})

test('a backup that was written to is another history: it rejects cursors of the original', async () => {
  const { store, path: file } = await openTestStore()
  const sessionId = await sampleSession(store)
  await store.backup(besides(file))
  await fill(store, sessionId, ['u3'])
  const { cursor } = await store.head(sessionId)
  const copy = await openTestStore({ path: besides(file) })
  expect(await copy.store.checkCursor(sessionId, cursor)).toBe('cursor-ahead')
  await fill(copy.store, sessionId, ['u4'])
  expect(await copy.store.checkCursor(sessionId, cursor)).toBe('cursor-unknown')
})

test('an existing file is not overwritten', async () => {
  const { store, path: file } = await openTestStore()
  await sampleSession(store)
  await store.backup(besides(file))
  await expect(store.backup(besides(file))).rejects.toThrow(besides(file))
  await expect(store.backup(file)).rejects.toThrow(file)
})

test('an aborted backup leaves no file', async () => {
  const { store, path: file } = await openTestStore()
  await sampleSession(store)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(store.backup(besides(file), { signal })).rejects.toThrow('enough')
  expect(existsSync(besides(file))).toBe(false)
})

test('a database in memory cannot be copied to a file', async () => {
  const { store } = await openTestStore({ storage: memory() })
  await expect(store.backup('copy.db')).rejects.toMatchObject({ name: 'StorageError' })
})
