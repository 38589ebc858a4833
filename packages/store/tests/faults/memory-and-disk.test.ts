import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { systemClock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import { expect, test } from 'vitest'

import { readBatch } from '../../src/core/reading/read-events.ts'
import { Database } from '../../src/engines/sqlite/file/database.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { SqliteStorage } from '../../src/engines/sqlite/sqlite-storage.ts'
import { ended, openTestStore, startRun, testDatabase } from '../support/open-test-store.ts'
import { delta, opened, runStarted, turn } from '../../src/conformance/support/drafts.ts'
import { write } from '../../src/conformance/support/writes.ts'
import { everything } from '../support/check-database.ts'
import { createSessions, openStorage } from '../support/open-storage.ts'

test('a session that was idle for long is not evicted in the middle of its commit', async () => {
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

test('nothing of a deleted session appears in a new one', async () => {
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

test('unread counts are right after a restart in the middle of a run', async () => {
  const path = testDatabase()
  const { store } = await openTestStore({ path })
  const run = await startRun(store)
  await store.writer(run).finish({ reason: 'stop' })
  await store.close()
  const again = await openTestStore({ path })
  const { rows } = await again.store.activity.list('me')
  expect(rows).toMatchObject([{ unread: 1, headSeq: 4, streaming: true }])
})

test('open messages no longer count once their session is gone', async () => {
  const { store } = await openTestStore()
  const run = await startRun(store)
  expect(store.stats().openMessages).toBe(1)
  await store.sessions.delete(run.sessionId)
  expect(store.stats().openMessages).toBe(0)
})

test('the first entry after a restart has the session’s epoch', async () => {
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

test('an answer that is interrupted before its first token is kept with only its notice', async () => {
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

test('an answer that was packed while it streamed is complete after a crash', async () => {
  const [file, crashed] = [testDatabase(), testDatabase()]
  const storage = await openStorage(file)
  await createSessions(storage, ['s'])
  await write(storage, 's', [runStarted('r'), opened('m')])
  let text = ''
  // Its row is rewritten only when it has grown by half; later text is in blocks.
  for (const length of [800_000, 300_000, 1_000]) {
    text += `${length} `.repeat(length / 7)
    await write(storage, 's', [delta('m', `${length} `.repeat(length / 7))])
    while (await storage.maintain({ retention: false })) continue
  }
  for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${crashed}${end}`)
  const again = await openStorage(crashed)
  const { open } = await again.state('s')
  expect(open).toMatchObject([{ id: 'm', revision: 5 }])
  const [part] = open[0]!.parts
  expect(part?.type === 'text' && part.text === text).toBe(true)
})

test('another process packs what one leaves in the log, at once or after a while', async () => {
  const path = testDatabase()
  // It never packs, like a dead process.
  const dead = await openStorage(path)
  await createSessions(dead, ['early', 'late'])
  await write(dead, 'early', turn('early'))
  const { store, clock } = await openTestStore({ path })
  await store.window('early')
  await clock.advance(100)
  expect(store.stats().unpackedEvents).toBe(0)

  const leave = new AbortController()
  const batches = store.follow('late', 0, leave)
  const first = batches.next()
  await clock.advance(1_000)
  const { cursor } = await write(dead, 'late', turn('late'))
  await clock.advance(2_000)
  expect(await first).toMatchObject({ value: { cursor } })
  expect(store.stats().unpackedEvents).toBe(cursor.seq)
  await clock.advance(30_000)
  expect(store.stats().unpackedEvents).toBe(0)
  leave.abort()
})

test('a process that only reads does not keep what another one packs', async () => {
  const path = testDatabase()
  const writing = await openTestStore({ path })
  const run = await startRun(writing.store)
  const reading = await openTestStore({ path })
  await reading.store.window(run.sessionId)
  const writer = writing.store.writer(run)
  for (let n = 0; n < 3_000; n++) {
    await writer.write({ type: 'text-delta', text: `${n} ` })
    await writing.store.flush(run.messageId)
    if (n % 100 === 99) {
      await writing.clock.advance(1_100)
      await reading.store.head(run.sessionId)
    }
  }
  // The entries since the other's packing, and those that it had not packed.
  expect(reading.store.stats().unpackedEvents).toBeLessThan(1_100)
})

test('an unpacked entry stays in the log, however old it is', async () => {
  const [path, crashed] = [testDatabase(), testDatabase()]
  const clock = new ManualClock()
  const storage = await sqlite({ path }).open({ clock, random: Math.random })
  await createSessions(storage, ['a'])
  await write(storage, 'a', [runStarted('r'), opened('m')])
  await write(storage, 'a', [delta('m', 'not packed')])
  // Longer than log rows are kept for other processes, over more than one check.
  for (let look = 0; look < 10; look++) {
    while (await storage.maintain({ retention: false })) continue
    await clock.advance(10_000)
  }
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${crashed}${end}`)
  const again = await openStorage(crashed)
  expect(await again.message('a', 'm')).toMatchObject({ parts: [{ text: 'not packed' }] })
  await storage.close()
})

test('rows that come after all others were trimmed are new to another process', async () => {
  const path = testDatabase()
  const clock = new ManualClock()
  const storage = await sqlite({ path }).open({ clock, random: Math.random })
  await createSessions(storage, ['a'])
  const other = await openStorage(path)
  const say = (id: string) => write(storage, 'a', turn(id))
  await say('1')
  await say('2')
  expect((await other.state('a')).cursor.seq).toBe((await storage.state('a')).cursor.seq)
  for (let look = 0; look < 10; look++) {
    while (await storage.maintain({ retention: false })) continue
    await clock.advance(10_000)
  }
  await say('3')
  await say('4')
  expect((await other.state('a')).cursor.seq).toBe((await storage.state('a')).cursor.seq)
  await storage.close()
})

test('an open message that a full disk kept from being packed survives a crash', async () => {
  const [path, crashed] = [testDatabase(), testDatabase()]
  const db = new Database({ path, durability: 'normal' })
  const storage = new SqliteStorage(db, { clock: systemClock, random: Math.random })
  const ids = ['a', 'b', 'c', 'd']
  await createSessions(storage, ids)
  for (const id of ids) {
    await write(storage, id, [...turn('before'), opened('m')])
    await write(storage, id, [delta('m', 'x'.repeat(20_000))])
  }
  const pages = Number(db.get('PRAGMA page_count')?.['page_count'])
  db.get(`PRAGMA max_page_count = ${pages + 30}`)
  await expect(storage.maintain({ retention: false })).rejects.toMatchObject({ failure: 'full' })
  db.get('PRAGMA max_page_count = 4294967294')
  while (await storage.maintain({ retention: false })) continue
  for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${crashed}${end}`)
  const again = await openStorage(crashed)
  for (const id of ids) expect(await again.message(id, 'm')).toMatchObject({ status: 'open' })
  await storage.close()
})

test('a large tool result is packed because of its size', async () => {
  const { store, clock } = await openTestStore()
  const run = await startRun(store)
  const writer = store.writer(run)
  for (let n = 0; n < 20; n++) {
    const input = { n, text: 'x'.repeat(100_000) }
    await writer.write({ type: 'tool-call', toolCallId: `call-${n}`, toolName: 'read', input })
    await clock.advance(1_100)
  }
  expect(store.stats().unpackedEvents).toBeLessThan(5)
})

test('the newest stretch is read from its block once, and is the same from memory', async () => {
  const path = testDatabase()
  const first = await openStorage(path)
  await createSessions(first, ['s'])
  for (const name of ['one', 'two', 'three']) await write(first, 's', turn(name))
  await first.close()
  const storage = await openStorage(path)
  const whole = await readBatch(storage, 's', 0, { bytes: everything })
  const db = new DatabaseSync(path)
  db.exec('DELETE FROM blocks')
  db.close()
  expect(await readBatch(storage, 's', 0, { bytes: everything })).toEqual(whole)
  const { events } = await readBatch(storage, 's', 2, { bytes: everything })
  expect(events).toEqual(whole.events.filter(({ seq }) => seq > 2))
  const { cursor } = await write(storage, 's', turn('four'))
  expect(cursor.seq).toBe(whole.cursor.seq + 2)
  expect((await readBatch(storage, 's', 0, { bytes: everything })).events).toHaveLength(8)
})
