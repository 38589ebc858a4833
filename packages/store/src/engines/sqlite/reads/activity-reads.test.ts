import type { SQLInputValue } from 'node:sqlite'

import { systemClock } from '@caughtup/schema/clock'
import { expect, onTestFinished, test } from 'vitest'

import { createSessions } from '../../../../tests/support/open-storage.ts'
import type { ActivityQuery } from '../../../port/activity.ts'
import { Database, type Row } from '../file/database.ts'
import { SqliteStorage } from '../sqlite-storage.ts'

/** A database that notes how SQLite goes about the queries that read many rows. */
class ExplainedDatabase extends Database {
  readonly plans: string[] = []

  override all(sql: string, ...values: SQLInputValue[]): Row[] {
    const steps = super.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    this.plans.push(steps.map(({ detail }) => String(detail)).join('; '))
    return super.all(sql, ...values)
  }
}

test.each<[ActivityQuery, string]>([
  [{ by: 'recency', limit: 2 }, 'members_recency (principal=? AND recency<?)'],
  [{ by: 'change', after: 1, limit: 2 }, 'members_revision (principal=? AND revision>?)'],
  [{ by: 'creation', after: 1, limit: 2 }, 'PRIMARY KEY (principal=? AND session>?)'],
])('a list %o goes through the rows that it returns', async (query, index) => {
  const db = new ExplainedDatabase({ path: ':memory:', durability: 'normal' })
  const storage = new SqliteStorage(db, { clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  await createSessions(storage, ['a', 'b', 'c', 'd'])
  db.plans.length = 0
  expect((await storage.activity('me', query)).rows).toHaveLength(2)
  const [plan] = db.plans
  expect(plan).toContain(index)
  expect(plan).not.toContain('TEMP B-TREE FOR ORDER BY')
})

test('a page of idle sessions goes through the rows that it returns', async () => {
  const db = new ExplainedDatabase({ path: ':memory:', durability: 'normal' })
  const storage = new SqliteStorage(db, { clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  await createSessions(storage, ['a', 'b', 'c', 'd'])
  db.plans.length = 0
  const [, after] = await storage.idleSessions({ until: Date.now(), limit: 2 })
  expect(await storage.idleSessions({ until: Date.now(), limit: 2, after: after! })).toHaveLength(2)
  for (const plan of db.plans) {
    expect(plan).toContain('sessions_idle ((updated_at,id)>(?,?) AND updated_at<?)')
    expect(plan).not.toContain('TEMP B-TREE')
  }
  expect(db.plans).toHaveLength(2)
})

test('a recall of prompts goes through the index of their author, and reads no others', async () => {
  const db = new ExplainedDatabase({ path: ':memory:', durability: 'normal' })
  const storage = new SqliteStorage(db, { clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  await createSessions(storage, ['a'])
  const after = { createdAt: 9, session: 1, order: 1 }
  await storage.prompts({ author: 'me', after, limit: 2, bytes: 9 })
  const plan = db.plans.find((each) => each.includes('messages'))
  expect(plan).toContain(
    'messages USING COVERING INDEX messages_author (author=? AND (created,session,ord)<(?,?,?))',
  )
  expect(plan).toMatch(/SEARCH members USING [^;]*\(session=\? AND principal=\?\)/)
  expect(plan).not.toContain('TEMP B-TREE')
})
