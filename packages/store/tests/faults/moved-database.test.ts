import { existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'

import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { Database } from '../../src/engines/sqlite/file/database.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore, type Store } from '../../src/store.ts'
import { startRun, testDatabase } from '../support/open-test-store.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })

const kinds: { what: string; hurt: (file: string) => void; says: string }[] = [
  { what: 'its file is deleted', hurt: (file) => rmSync(file), says: 'deleted or moved away' },
  {
    what: 'all its files are deleted',
    hurt: (file) => ['', '-wal', '-shm'].forEach((suffix) => rmSync(file + suffix)),
    says: 'deleted or moved away',
  },
  {
    what: 'another file is renamed over it',
    hurt: (file) => renameSync(`${file}.other`, file),
    says: 'replaced by another file',
  },
  { what: 'its file is cut to nothing', hurt: (file) => truncateSync(file), says: 'emptied' },
  {
    what: 'its file is cut to half',
    hurt: (file) => truncateSync(file, statSync(file).size / 2),
    says: 'cut off',
  },
  {
    what: 'its write-ahead log is deleted',
    hurt: (file) => rmSync(`${file}-wal`),
    says: '-wal was deleted',
  },
  {
    what: 'its shared memory is deleted',
    hurt: (file) => rmSync(`${file}-shm`),
    says: '-shm was deleted',
  },
]

async function openStore() {
  const file = testDatabase()
  const clock = new ManualClock()
  // Closed, everything is in the file itself.
  const before = await createStore({ storage: sqlite({ path: file }), clock })
  await startRun(before)
  await before.close()
  const errors: { error: unknown; where: string }[] = []
  const store = await createStore({
    storage: sqlite({ path: file }),
    clock,
    onError: (error, where) => errors.push({ error, where }),
  })
  onTestFinished(async () => {
    const closing = store.close().catch(() => undefined)
    await clock.advance(10_000)
    await closing
  })
  const run = await startRun(store)
  await store.backup(`${file}.other`)
  return { file, clock, errors, store, run }
}

const title = (store: Store, sessionId: string) =>
  store.sessions.update(sessionId, { title: 'Changed' })

describe.each(kinds)('when $what under the process', ({ hurt, says }) => {
  test('no further write is acknowledged, and the host gets the reason', async () => {
    const { file, clock, errors, store, run } = await openStore()
    hurt(file)
    const { sessionId } = run
    const moved = { failure: 'moved', message: expect.stringContaining(says) }
    await expect(store.sessions.create({ owner: 'me' })).rejects.toMatchObject(moved)
    await expect(title(store, sessionId)).rejects.toMatchObject(moved)
    await expect(store.activity.markRead(sessionId, 'me', 1)).rejects.toMatchObject(moved)
    await expect(store.heartbeat()).rejects.toMatchObject(moved)
    await expect(store.backup(`${file}.again`)).rejects.toMatchObject(moved)
    expect(existsSync(`${file}.again`)).toBe(false)

    await store.writer(run).write(text('Hello'))
    const finishing = store.writer(run).finish({ reason: 'stop' })
    const usage = { type: 'usage', add: { inputTokens: 1 } } as const
    const appending = store.append({ sessionId, drafts: [usage] })
    const outcomes = Promise.allSettled([finishing, appending])
    let finished = false
    finishing.then(
      () => (finished = true),
      () => (finished = true),
    )
    await clock.advance(3_000)
    await expect(appending).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      data: { reason: 'database-moved', retryAfter: 3_000 },
    })
    expect(finished).toBe(false)
    expect(errors).toMatchObject([{ error: moved, where: 'writing to the database' }])
    expect(store.stats().lastError).toContain(says)

    const closing = store.close()
    closing.catch(() => undefined)
    await clock.advance(10_000)
    await expect(closing).rejects.toMatchObject({ data: { reason: 'not-written' } })
    expect(await outcomes).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  })
})

test('a database that is put back receives the buffered writes', async () => {
  const { file, clock, errors, store, run } = await openStore()
  renameSync(file, `${file}.away`)
  await store.writer(run).write(text('Hello'))
  await clock.advance(60_000)
  expect(errors).toHaveLength(1)
  renameSync(`${file}.away`, file)
  await clock.advance(1_000)
  expect(store.stats()).toMatchObject({ unflushedBytes: 0 })
  expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
    { text: 'Hello' },
  ])
})

test('a process that only reads notices within a second that its database is gone', async () => {
  const { file, clock, errors, store, run } = await openStore()
  const controller = new AbortController()
  const batches = store.follow(run.sessionId, 0, controller)
  await batches.next()
  const next = batches.next().catch(() => undefined)
  await clock.advance(100)
  rmSync(file)
  await clock.advance(1_100)
  expect(errors).toMatchObject([
    { error: { failure: 'moved' }, where: 'watching what other processes write' },
  ])
  await clock.advance(60_000)
  expect(errors).toHaveLength(1)
  controller.abort()
  await next
})

test('changes that SQLite itself makes to the files raise no alarm in any process', () => {
  const file = testDatabase()
  const [here, there] = [0, 1].map(() => new Database({ path: file, durability: 'normal' }))
  const sizes: number[] = []
  const look = () => {
    here!.assertInPlace()
    there!.assertInPlace()
    sizes.push(statSync(file).size)
  }
  for (const db of [there!, here!, there!]) {
    db.run('CREATE TABLE filler (text TEXT)')
    for (let n = 0; n < 50; n++) {
      db.run('INSERT INTO filler VALUES (?)', 'x'.repeat(200_000))
      look()
    }
    db.run('DROP TABLE filler')
    db.shrink()
    look()
    db.get('PRAGMA wal_checkpoint(TRUNCATE)')
    look()
  }
  there!.close()
  look()
  here!.close()
  expect(sizes.some((size, index) => size < (sizes[index - 1] ?? 0))).toBe(true)
})

test.each(['-wal', '-shm'])(
  'commits from before the %s was deleted are in the database once the store is closed',
  async (suffix) => {
    const { file, clock, store, run } = await openStore()
    await store.writer(run).write(text('committed'))
    await store.flushAll()
    rmSync(file + suffix)
    const closing = store.close()
    await clock.advance(10_000)
    await closing
    const again = await createStore({ storage: sqlite({ path: file }), clock })
    onTestFinished(() => again.close())
    expect((await again.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'committed' },
    ])
  },
)
