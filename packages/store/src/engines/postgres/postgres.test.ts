import { postgresSchema, postgresServer } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'

import { storageConformance } from '../../conformance/index.ts'
import { answer } from '../../conformance/support/drafts.ts'
import { write } from '../../conformance/support/writes.ts'
import { migrate, versions } from './connection/schema.ts'
import { postgres } from './index.ts'

const options = { clock: systemClock, random: Math.random }

/** Schemas whose tables are empty: making them takes longer than most cases. */
const empty: Awaited<ReturnType<typeof postgresSchema>>[] = []
afterAll(() => Promise.all(empty.map(({ remove }) => remove())))

const open = async () => {
  const made = empty.pop() ?? (await postgresSchema())
  const { pool, schema } = made
  const remove = async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'meta'`,
      [schema],
    )
    await pool.query(rows.map(({ name }) => `DELETE FROM ${schema}.${name}`).join(';'))
    empty.push(made)
  }
  return { factory: postgres({ pool, schema }), remove }
}

// Its programs make thousands of round trips.
describe('conformance', { timeout: 120_000 }, () => {
  for (const { title, run } of storageConformance({ open })) {
    // oxlint-disable-next-line vitest/valid-title -- each case brings its own
    test(title, run)
  }
})

async function aSchema() {
  const made = await postgresSchema()
  onTestFinished(made.remove)
  return made
}

test('ten processes that start at once make the tables once', async () => {
  const { pool, schema } = await aSchema()
  const storages = await Promise.all(
    Array.from({ length: 10 }, () => postgres({ pool, schema }).open(options)),
  )
  const session = { id: 's', title: '', createdAt: 1, members: ['ann'] }
  await storages[0]?.createSession(session)
  for (const storage of storages) expect((await storage.session('s'))?.owner).toBe('ann')
  for (const storage of storages) await storage.close()
})

test('tables of an earlier version get what they lack, once, and keep what is in them', async () => {
  const { pool, schema } = await aSchema()
  const first = await postgres({ pool, schema }).open(options)
  await first.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  await first.close()
  const later = (quoted: string) => `ALTER TABLE ${quoted}.sessions ADD COLUMN later int DEFAULT 7`
  const all = [...versions, later]
  await Promise.all(Array.from({ length: 3 }, () => migrate(pool, schema, all)))
  const { rows } = await pool.query(`SELECT version, later FROM ${schema}.meta, ${schema}.sessions`)
  expect(rows).toEqual([{ version: all.length, later: 7 }])
  await pool.query(`UPDATE ${schema}.meta SET version = ${versions.length}`)
  const storage = await postgres({ pool, schema }).open(options)
  expect((await storage.session('s'))?.owner).toBe('ann')
  await storage.close()
})

test('tables of a later version are refused and stay as they are', async () => {
  const { pool, schema } = await aSchema()
  await (await postgres({ pool, schema }).open(options)).close()
  await pool.query(`UPDATE ${schema}.meta SET version = 99`)
  expect(pool.listenerCount('error')).toBe(0)
  await expect(postgres({ pool, schema }).open(options)).rejects.toThrow(
    /version 99.*knows 1 at most/,
  )
  expect((await pool.query(`SELECT version FROM ${schema}.meta`)).rows).toEqual([{ version: 99 }])
})

test('after its listening connection was lost it says that anything may have changed', async () => {
  const { pool, schema } = await aSchema()
  const [one, two] = [
    await postgres({ pool, schema }).open(options),
    await postgres({ pool, schema }).open(options),
  ]
  const never = new AbortController().signal
  const listening = `FROM pg_stat_activity WHERE query LIKE 'LISTEN %${schema}%'`
  const { rows } = await pool.query(`SELECT pg_terminate_backend(pid) ${listening}`)
  expect(rows).toHaveLength(2)
  expect((await one.changes.next(never)).sessions).toBe('all')
  expect((await two.changes.next(never)).sessions).toBe('all')
  await one.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  expect((await two.changes.next(never)).sessions).toEqual(new Set(['s']))
  await one.close()
  await two.close()
})

test('connections of the pool that were terminated while idle are replaced', async () => {
  const { pool, schema } = await aSchema()
  const storage = await postgres({ pool, schema }).open(options)
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  const other = new pg.Client(pool.options)
  await other.connect()
  onTestFinished(() => other.end())
  const gone = new Promise((resolve) => pool.once('remove', resolve))
  const { rows } = await other.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = '${schema}' AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'`,
  )
  expect(rows.length).toBeGreaterThan(0)
  await gone
  expect((await storage.session('s'))?.id).toBe('s')
  await storage.close()
})

test('a long journal is removed in steps, each a transaction of its own', async () => {
  const { pool, schema } = await aSchema()
  const storage = await postgres({ pool, schema }).open(options)
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  const million = 1_000_000
  for (let n = 0; n < 8; n++) await write(storage, 's', [answer(`m${n}`, `${n}`.repeat(million))])
  await pool.query(`
    CREATE TABLE ${schema}.steps (transaction bigint, rows int, bytes int);
    CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${schema}.steps SELECT txid_current(), count(*), sum(length(body)) FROM gone; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER DELETE ON ${schema}.events REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.note()`)
  expect(await storage.maintain({ trim: 's', upTo: 8 })).toBe(false)
  expect((await storage.state('s')).floor).toBe(8)
  const { rows: steps } = await pool.query<{ rows: number; bytes: number }>(
    `SELECT sum(rows)::int AS rows, sum(bytes)::int AS bytes FROM ${schema}.steps GROUP BY transaction`,
  )
  expect(steps.reduce((sum, { rows }) => sum + rows, 0)).toBe(8)
  for (const { bytes } of steps) expect(bytes).toBeLessThan(4 * million)
  await storage.close()
})

test('processes that have stopped are forgotten after an hour, and others are not', async () => {
  const { pool, schema } = await aSchema()
  const clock = new ManualClock()
  const [one, two] = [
    await postgres({ pool, schema }).open({ ...options, clock }),
    await postgres({ pool, schema }).open({ ...options, clock }),
  ]
  const known = async () => {
    const { rows } = await pool.query<{ id: string }>(`SELECT id FROM ${schema}.processes`)
    return rows.map(({ id }) => id)
  }
  const look = async () => {
    while (await one.maintain({ retention: false })) {
      // One step after another.
    }
  }
  const [mine, other] = [one.processes.own, two.processes.own]
  await Promise.all([one.heartbeat(), two.heartbeat()])
  await look()
  await two.close()
  for (let hour = 0; hour < 2; hour++) {
    await one.heartbeat()
    await clock.advance(1_800_000)
    await look()
    expect((await known()).toSorted()).toEqual(hour === 0 ? [mine, other].toSorted() : [mine])
    await clock.advance(1_800_000)
  }
  await one.close()
})

test('a store with an address has a pool of its own, and closes it', async () => {
  const { pool, schema } = await aSchema()
  const url = await postgresServer()
  const storage = await postgres({ url, schema }).open(options)
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  await storage.close()
  const { rows } = await pool.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE pid <> pg_backend_pid() AND query LIKE '%"${schema}"%'`,
  )
  expect(rows).toEqual([{ count: 0 }])
})

test('a database that is not there is said to be busy, and wrong options are refused', async () => {
  const pool = new pg.Pool({ host: '/nowhere' })
  onTestFinished(() => pool.end())
  await expect(postgres({ pool }).open(options)).rejects.toMatchObject({ failure: 'busy' })
  expect(() => postgres({})).toThrow(/url is .*address of a database/)
  expect(() => postgres({ pool, schema: 'a;b' })).toThrow(/schema is .*1 to 50 letters/)
})
