import { readdirSync, readFileSync } from 'node:fs'
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

/** Copies the rows of every table that both files have, column by column, but for the index of words. */
function copyRows(from: string, to: DatabaseSync): void {
  to.prepare('ATTACH ? AS source').run(from)
  const tables = to
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT GLOB 'words*'")
    .all()
    .map(({ name }) => String(name))
  for (const table of tables) {
    const columns = to.prepare('SELECT name FROM pragma_table_info(?)').all(table)
    const names = columns.map(({ name }) => `"${String(name)}"`).join(', ')
    to.exec(
      `DELETE FROM main.${table}; INSERT INTO main.${table} (${names}) SELECT ${names} FROM source.${table}`,
    )
  }
  if (tables.includes('unindexed')) {
    to.exec('INSERT OR IGNORE INTO unindexed SELECT key FROM messages WHERE open = 0')
  }
  to.exec('DETACH source')
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

function userVersion(file: string): unknown {
  const db = new DatabaseSync(file)
  const version = db.prepare('PRAGMA user_version').get()
  db.close()
  return version?.['user_version']
}

/** The bytes of every file that belongs to a database. */
function bytesOf(file: string): Record<string, Buffer> {
  const folder = path.dirname(file)
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))]),
  )
}

test.each(migrations.slice(0, -1).map((_, index) => index + 1))(
  'a file of version %i opens with all that is in it, and is written on',
  async (version) => {
    const [newest, file] = [testDatabase(), testDatabase()]
    await fill(newest)
    const db = new DatabaseSync(file)
    migrate(db, file, migrations.slice(0, version))
    copyRows(newest, db)
    db.close()
    expect(userVersion(file)).toBe(version)
    const storage = await openStorage(file)
    expect(userVersion(file)).toBe(migrations.length)
    expect(await contents(storage)).toEqual(await contents(await openStorage(newest)))
    expect((await contents(storage)).found.toSorted()).toEqual(['a-answer', 'first-answer'])
    await write(storage, 'open', [delta('m', ', and on')])
    const { parts } = (await storage.message('open', 'm'))!
    expect(parts).toMatchObject([{ text: 'not packed, and on' }])
  },
)

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
