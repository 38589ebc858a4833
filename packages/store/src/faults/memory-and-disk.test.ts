import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { ended, openTestStore, startRun, testDatabase } from '../testing/open-test-store.ts'
import { delta, opened, runStarted, turn } from '../testing/conformance/drafts.ts'
import { write } from '../testing/conformance/writes.ts'
import { everything } from './check-database.ts'
import { createSessions, openStorage } from './open-storage.ts'

test('a session that was not used for long is not forgotten in the middle of its commit', async () => {
  const { store } = await openTestStore()
  const ids: string[] = []
  for (let i = 0; i <= 1_000; i++) ids.push((await store.sessions.create({ owner: 'me' })).id)
  for (const id of ids.slice(0, 1_000)) await store.head(id)
  const [first = '', last = ''] = [ids[0], ids.at(-1)]
  const runs = await Promise.all([startRun(store, first), startRun(store, last)])
  for (const run of runs) {
    await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    const { events } = await store.events(run.sessionId, 0, { bytes: everything })
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

test('open messages are counted no longer when their session is gone', async () => {
  const { store } = await openTestStore()
  const run = await startRun(store)
  expect(store.stats().openMessages).toBe(1)
  await store.sessions.delete(run.sessionId)
  expect(store.stats().openMessages).toBe(0)
})

test('the first entry after a restart is of the epoch that the session was in', async () => {
  const path = testDatabase()
  const { store } = await openTestStore({ path })
  const { id } = await store.sessions.create({ owner: 'me' })
  const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const
  for (let epoch = 1; epoch <= 3; epoch++) await store.append({ sessionId: id, drafts: [reset] })
  const { cursor } = await store.head(id)
  await store.close()
  const { store: again } = await openTestStore({ path })
  await startRun(again, id)
  const { events } = await again.events(id, cursor.seq, { bytes: everything })
  expect(events.map(({ epoch }) => epoch)).toEqual([3, 3, 3])
})

test('an answer that is interrupted before its first token is kept with its notice alone', async () => {
  const path = testDatabase()
  const { store } = await openTestStore({ path })
  const run = await startRun(store)
  const part = { type: 'data-notice', data: { reason: 'interrupted' } } as const
  await store.writer(run).finish({ reason: 'interrupted', part }, [ended(run.runId)])
  await store.close()
  const { store: again } = await openTestStore({ path })
  const { messages } = await again.window(run.sessionId)
  expect(messages[1]).toMatchObject({
    status: 'done',
    parts: [part],
    metadata: { finishReason: 'interrupted' },
  })
})

test('an answer that was packed while it streamed is whole after a crash', async () => {
  const [file, crashed] = [testDatabase(), testDatabase()]
  const storage = await openStorage(file)
  await createSessions(storage, ['s'])
  await write(storage, 's', [runStarted('r'), opened('m')])
  let text = ''
  // Its row is written again only when it has grown by half; what comes after that is in blocks.
  for (const length of [800_000, 300_000, 1_000]) {
    text += `${length} `.repeat(length / 7)
    await write(storage, 's', [delta('m', `${length} `.repeat(length / 7))])
    while (await storage.tidy(false)) continue
  }
  for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${crashed}${end}`)
  const again = await openStorage(crashed)
  const { open } = await again.head('s')
  expect(open).toMatchObject([{ id: 'm', revision: 5 }])
  const [part] = open[0]!.parts
  expect(part?.type === 'text' && part.text === text).toBe(true)
})

test('what a process left in the log is packed by another one that read it, after a while', async () => {
  const path = testDatabase()
  // Never asked to pack anything: as good as dead.
  const dead = await openStorage(path)
  await createSessions(dead, ['left'])
  const { cursor } = await write(dead, 'left', turn('last'))
  const { store, clock } = await openTestStore({ path })
  await store.window('left')
  await clock.advance(5_000)
  expect(store.stats().unpackedEvents).toBe(cursor.seq)
  await clock.advance(30_000)
  expect(store.stats().unpackedEvents).toBe(0)
})

test('the newest stretch is read from its block once, and is the same from memory', async () => {
  const path = testDatabase()
  const first = await openStorage(path)
  await createSessions(first, ['s'])
  for (const name of ['one', 'two', 'three']) await write(first, 's', turn(name))
  await first.close()
  const storage = await openStorage(path)
  const whole = await storage.events('s', 0, { bytes: everything })
  const db = new DatabaseSync(path)
  db.exec('DELETE FROM blocks')
  db.close()
  expect(await storage.events('s', 0, { bytes: everything })).toEqual(whole)
  const { events } = await storage.events('s', 2, { bytes: everything })
  expect(events).toEqual(whole.events.filter(({ seq }) => seq > 2))
  const { cursor } = await write(storage, 's', turn('four'))
  expect(cursor.seq).toBe(whole.cursor.seq + 2)
  expect((await storage.events('s', 0, { bytes: everything })).events).toHaveLength(8)
})
