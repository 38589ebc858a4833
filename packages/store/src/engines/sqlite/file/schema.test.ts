import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { everything, readWhole } from '../../../../tests/support/check-database.ts'
import { createSessions, openStorage } from '../../../../tests/support/open-storage.ts'
import type { Storage } from '../../../port/storage.ts'
import { delta, opened, prompt, turn, undo } from '../../../conformance/support/drafts.ts'
import { write } from '../../../conformance/support/writes.ts'
import { testDatabase } from '../../../../tests/support/open-test-store.ts'
import { migrate, migrations } from './schema.ts'

/** A database with what a database can have: packed and not, hidden, open, removed. */
async function fill(file: string): Promise<void> {
  const storage = await openStorage(file)
  await createSessions(storage, ['packed', 'open', 'deleted', 'undone'])
  await write(storage, 'packed', turn('first'))
  await write(storage, 'undone', [...turn('a'), ...turn('b')])
  await write(storage, 'undone', [undo])
  await write(storage, 'deleted', turn('gone'))
  await storage.deleteSession('deleted')
  const run = { id: 'run', kind: 'agent', status: 'streaming', startedAt: 1 } as const
  await write(storage, 'open', [{ type: 'run-started', run }, prompt('p'), opened('m')])
  await write(storage, 'open', [delta('m', 'not packed')])
  await storage.markRead('packed', 'me', 1)
  await storage.close()
}

async function contents(storage: Storage) {
  const sessions = ['packed', 'open', 'undone']
  return {
    whole: await Promise.all(sessions.map((id) => readWhole(storage, id))),
    heads: await Promise.all(sessions.map((id) => storage.state(id))),
    activity: (await storage.activity('me', { by: 'creation', limit: 100 })).rows,
    recent: (await storage.activity('me', { by: 'recency', limit: 100 })).rows,
    changed: (await storage.activity('me', { by: 'change', after: 1, limit: 100 })).rows,
    found: (
      await storage.search({ text: 'Answer', in: { principal: 'me' }, limit: everything })
    ).map(({ messageId }) => messageId),
  }
}

/** The bytes of every file that belongs to a database. */
function bytesOf(file: string): Record<string, Buffer> {
  const folder = path.dirname(file)
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))]),
  )
}

test('a file of an earlier version gets what it lacks, once, and keeps all that is in it', async () => {
  const [file, same] = [testDatabase(), testDatabase()]
  await fill(file)
  copyFileSync(file, same)
  const later = [...migrations, 'ALTER TABLE sessions ADD COLUMN later INTEGER NOT NULL DEFAULT 7']
  const db = new DatabaseSync(file)
  migrate(db, file, later)
  migrate(db, file, later)
  expect(db.prepare('SELECT DISTINCT later FROM sessions').all()).toEqual([{ later: 7 }])
  db.exec(`PRAGMA user_version = ${migrations.length}`)
  db.close()
  const storage = await openStorage(file)
  expect(await contents(storage)).toEqual(await contents(await openStorage(same)))
  expect((await contents(storage)).found.toSorted()).toEqual(['a-answer', 'first-answer'])
})

test('a migration that fails leaves the file as it was', async () => {
  const file = testDatabase()
  await fill(file)
  const before = bytesOf(file)
  const db = new DatabaseSync(file)
  expect(() => migrate(db, file, [...migrations, 'CREATE TABLE more (x); nonsense'])).toThrow(
    'syntax',
  )
  db.close()
  expect(bytesOf(file)).toEqual(before)
})

test('a file of a newer version is refused with words, and left as it was', async () => {
  const file = testDatabase()
  await fill(file)
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  db.close()
  const before = bytesOf(file)
  await expect(openStorage(file)).rejects.toMatchObject({
    name: 'StorageError',
    message: expect.stringMatching(
      `${file}.* version ${migrations.length + 1}.*knows ${migrations.length} at most.*newer version`,
    ),
  })
  expect(bytesOf(file)).toEqual(before)
})

test.each([
  ['with tables', 'CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)'],
  ['with a version of its own and no tables', 'PRAGMA user_version = 1'],
])('a SQLite file of something else, %s, is refused and left as it was', async (_, sql) => {
  const file = testDatabase()
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
  const before = bytesOf(file)
  await expect(openStorage(file)).rejects.toThrow(`${file} is not a Caughtup database`)
  expect(bytesOf(file)).toEqual(before)
})
