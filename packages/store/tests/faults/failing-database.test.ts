import { systemClock } from '@caughtup/schema/clock'
import { expect, test } from 'vitest'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import { StorageError } from '../../src/port/storage-error.ts'
import { createStore } from '../../src/store.ts'
import { intercepted, openTestStore, startRun, testDatabase } from '../support/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })

test('an outage does not lengthen the window', async () => {
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

test('a corrupt database fails its callers and is not retried forever', async () => {
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

test('closing can abandon writes that a stuck database does not accept', async () => {
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
  await expect(closing).rejects.toMatchObject({ data: { reason: 'not-written' } })
  stuck = false
})

test('a path that is not a database is an error that names it', async () => {
  const folder = import.meta.dirname
  await expect(createStore({ storage: sqlite({ path: folder }) })).rejects.toMatchObject({
    name: 'StorageError',
    message: expect.stringContaining(folder),
  })
  expect(() => sqlite({ path: '' })).toThrow("path is '', and must be a file")
})

test.each([{ bodyBytes: -3 }, { bodyByte: 3 }, { pageMost: NaN }])(
  'the limit %j is refused',
  async (limits) => {
    const opening = createStore({ storage: sqlite({ path: testDatabase() }), limits })
    await expect(opening).rejects.toMatchObject({ code: 'BAD_INPUT' })
  },
)
