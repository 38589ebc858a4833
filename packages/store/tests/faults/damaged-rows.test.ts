import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { systemClock } from '@caughtup/schema/clock'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { ManualClock } from '@caughtup/schema/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { sqlite } from '../../src/engines/sqlite/index.ts'
import type { Storage } from '../../src/port/storage.ts'
import { createStore } from '../../src/store.ts'
import {
  compaction,
  deleted,
  delta,
  erased,
  opened,
  prompt,
  runStarted,
  turn,
  undo,
} from '../../src/conformance/support/drafts.ts'
import { write } from '../../src/conformance/support/writes.ts'
import { type Damage, damage, inflict } from './damage.ts'
import { long } from '../support/long.ts'
import { createSessions } from '../support/open-storage.ts'
import { listOn, type Reading, readOn, maintainAll, writeOn } from './reads-on.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-'))
const template = path.join(folder, 'template.db')
const others = ['other-1', 'other-2']
const victim = 'victim'
const expected = new Map<string, Reading>()
let copies = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function using<T>(file: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await sqlite({ path: file }).open({ clock: systemClock, random: Math.random })
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

/** Writes blocks, shown, hidden and removed messages, an erasure, and unpacked entries. */
async function fill(storage: Storage, sessionId: string): Promise<void> {
  for (const name of ['a', 'b', 'c', 'd']) {
    await write(storage, sessionId, turn(name))
    if (name === 'b') await write(storage, sessionId, [compaction('summary')])
    await maintainAll(storage)
  }
  await write(storage, sessionId, [deleted('c-answer')])
  await write(storage, sessionId, [undo])
  await write(storage, sessionId, [erased('a-answer')])
  await write(storage, sessionId, [runStarted('run')])
  await write(storage, sessionId, [prompt('p'), opened('m')])
  for (let n = 0; n < 5; n++) await write(storage, sessionId, [delta('m', `${n} `)])
}

beforeAll(async () => {
  const file = path.join(folder, 'filled.db')
  await using(file, async (storage) => {
    await createSessions(storage, [...others, victim])
    for (const id of [...others, victim]) await fill(storage, id)
    // The files as after a crash, with unpacked entries.
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${template}${end}`)
  })
  await using(copied(), async (storage) => {
    for (const id of others) expected.set(id, await readOn(storage, id))
  })
})

/** A copy of the template. */
function copied(): string {
  const file = path.join(folder, `${++copies}.db`)
  for (const end of ['', '-wal']) copyFileSync(`${template}${end}`, `${file}${end}`)
  return file
}

function damaged(damages: readonly Damage[]): string {
  const file = copied()
  const db = new DatabaseSync(file)
  const key = Number(db.prepare('SELECT key FROM sessions WHERE id = ?').get(victim)?.['key'])
  db.close()
  for (const each of damages) inflict(file, key, each)
  return file
}

test('whatever is damaged in one session, others read as before and its own readers reach the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
      const file = damaged(damages)
      await using(file, async (storage) => {
        await listOn(storage, 'me')
        for (const id of others) expect(await readOn(storage, id)).toEqual(expected.get(id))
        await readOn(storage, victim)
        await writeOn(storage, victim)
        await maintainAll(storage)
        await readOn(storage, victim)
      })
      await using(file, async (storage) => {
        expect(await listOn(storage, 'me')).toEqual(expect.arrayContaining(others))
        await readOn(storage, victim)
        for (const id of others) {
          expect((await readOn(storage, id)).messages).toEqual(expected.get(id)?.messages)
          await writeOn(storage, id)
        }
      })
      rmSync(file)
    }),
    { numRuns: long ? 2_000 : 40 },
  )
}, 1_800_000)

/** Replaces one row's content with the result of `change`. */
function edit(
  table: 'blocks' | 'log' | 'messages' | 'sessions',
  change: (content: string) => string,
) {
  return (db: DatabaseSync, key: number) => {
    const { where, column } = {
      blocks: { where: 'session = ? ORDER BY first_seq DESC', column: 'body' },
      log: { where: `body LIKE '[' || CAST(? AS INTEGER) || ',%"3 "]'`, column: 'body' },
      messages: { where: `session = ? AND id = 'b-answer'`, column: 'body' },
      sessions: { where: 'key = ?', column: 'record' },
    }[table]
    const row = db
      .prepare(`SELECT rowid AS place, ${column} AS content FROM ${table} WHERE ${where} LIMIT 1`)
      .get(key)
    const content = row?.['content']
    const text =
      content instanceof Uint8Array ? inflateRawSync(content).toString() : String(content)
    const changed = change(text)
    const stored =
      content instanceof Uint8Array && changed !== 'no deflate' ? deflateRawSync(changed) : changed
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(
      stored,
      Number(row?.['place']),
    )
  }
}
const sql = (statement: string) => (db: DatabaseSync, key: number) => {
  expect(Number(db.prepare(statement).run(key).changes)).toBe(1)
}
/** Replaces the newest entry of a block with one that a newer version might write. */
const fromTheFuture = (block: string) => {
  const lines = block.split('\n')
  const { seq, epoch, at } = JSON.parse(lines.at(-1)!)
  return [...lines.slice(0, -1), JSON.stringify({ type: 'from-the-future', seq, epoch, at })].join(
    '\n',
  )
}

const atHalfAPlace = (block: string) => block.replace(/"seq":(\d+)(?!.*"seq":)/s, '"seq":$1.5')

test.each([
  ['a poison entry in the log', edit('log', (line) => line.replace('"m"', '{"poison":1}'))],
  ['a delta of no message in the log', edit('log', (line) => line.replace('"m"', '"no id"'))],
  ['a delta in the log at half a place', edit('log', (line) => line.replace(',19,', ',18.5,'))],
  ['a block with an entry at half a place', edit('blocks', atHalfAPlace)],
  ['an entry in the log that is no JSON', edit('log', (line) => line.slice(0, -3))],
  ['a block that is no deflate', edit('blocks', () => 'no deflate')],
  ['a block with a broken line', edit('blocks', (block) => block.slice(0, -3))],
  ['an entry of a future type', edit('blocks', fromTheFuture)],
  [
    'a missing block',
    sql('DELETE FROM blocks WHERE key = (SELECT max(key) FROM blocks WHERE session = ?)'),
  ],
  [
    'a missing row of the log',
    sql(`DELETE FROM log WHERE body LIKE '[' || CAST(? AS INTEGER) || ',%"3 "]'`),
  ],
])('%s is skipped and counted, and stops no reader', async (_, damages) => {
  const file = copied()
  const db = new DatabaseSync(file)
  damages(db, Number(db.prepare('SELECT key FROM sessions WHERE id = ?').get(victim)?.['key']))
  db.close()
  const clock = new ManualClock()
  const store = await createStore({ storage: sqlite({ path: file }), clock })
  onTestFinished(() => store.close())
  const { cursor } = await store.head(victim)
  const controller = new AbortController()
  const batches = store.follow(victim, 0, controller)
  let view: View = emptyView
  const readUpTo = async (seq: number) => {
    while (view.seq < seq) {
      const { value } = await batches.next()
      for (const event of value?.events ?? []) {
        const applied = applyEvent(view, event)
        expect(applied.result).toBe('applied')
        view = applied.view
      }
    }
  }
  await readUpTo(cursor.seq)
  expect(view.skipped).toBeGreaterThan(0)
  expect(store.stats().unreadable).toBeGreaterThan(0)
  await store.append({ sessionId: victim, drafts: [prompt('new')] })
  await readUpTo(cursor.seq + 1)
  expect(view.messages.at(-1)?.id).toBe('new')
  controller.abort()
  for (const id of others) {
    const { messages } = await store.window(id)
    expect(messages).toEqual(expected.get(id)?.messages.slice(-messages.length))
  }
})

test.each([
  ['is no JSON', (body: string) => body.slice(0, -3)],
  ['is of another message', (body: string) => body.replace(/"order":\d+/, '"order":1')],
  ['has parts that are none', (body: string) => body.replace(/"parts":\[/, '"parts":[7,')],
])('a message whose row %s is left out and counted; others are shown', async (_, change) => {
  const whole = await using(copied(), (storage) => readOn(storage, victim))
  const file = copied()
  const db = new DatabaseSync(file)
  edit('messages', change)(
    db,
    Number(db.prepare('SELECT key FROM sessions WHERE id = ?').get(victim)?.['key']),
  )
  db.close()
  await using(file, async (storage) => {
    const { messages } = await readOn(storage, victim)
    expect(messages).toEqual(whole.messages.filter(({ id }) => id !== 'b-answer'))
    expect(storage.stats().unreadable).toBeGreaterThan(0)
  })
})

test.each([
  ['is no JSON', (record: string) => record.slice(0, -3)],
  ['has no counts', () => '{}'],
  ['has a run that is none', (record: string) => record.replace(/"run":\{[^}]*\}/, '"run":7')],
  [
    'has counts below nothing',
    (record: string) => record.replace(/"messageCount":\d+/, '"messageCount":-1'),
  ],
])(
  'a session whose record %s is put together again from its journal, and counted',
  async (_, change) => {
    const before = await using(copied(), (storage) => storage.state(victim))
    const file = copied()
    const db = new DatabaseSync(file)
    edit('sessions', change)(
      db,
      Number(db.prepare('SELECT key FROM sessions WHERE id = ?').get(victim)?.['key']),
    )
    db.close()
    await using(file, async (storage) => {
      expect(await listOn(storage, 'me')).toEqual([...others, victim].sort())
      const after = await storage.state(victim)
      expect(after.cursor).toEqual(before.cursor)
      const { epoch, queue, canUndo, run } = before.head
      expect(after.head).toMatchObject({ epoch, queue, canUndo, run })
      expect(after.messageCount).toBe(before.messageCount)
      expect(storage.stats().unreadable).toBeGreaterThan(0)
      await writeOn(storage, victim)
      await readOn(storage, victim)
    })
  },
)

test('a fork skips a damaged message, and completes', async () => {
  const file = copied()
  const db = new DatabaseSync(file)
  const key = Number(db.prepare('SELECT key FROM sessions WHERE id = ?').get(victim)?.['key'])
  edit('messages', () => '{')(db, key)
  db.close()
  await using(file, async (storage) => {
    const session = { id: 'fork', title: 'fork', createdAt: 1, members: ['me'] }
    await storage.beginFork({ sourceId: victim, upTo: 4, session })
    for (let steps = 0; await storage.maintain({ fork: 'fork' });) expect(++steps).toBeLessThan(10)
    const { messages } = await readOn(storage, 'fork')
    expect(messages.map(({ id }) => id)).toEqual(['a-prompt', 'b-prompt'])
  })
})
