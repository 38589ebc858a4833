import { ownPostgres, postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { delta, opened, prompt, runStarted } from '../../../src/conformance/support/drafts.ts'
import { postgres } from '../../../src/engines/postgres/index.ts'
import type { Slice } from '../../../src/port/commit.ts'
import type { Storage } from '../../../src/port/storage.ts'
import { readWhole } from '../../support/check-database.ts'
import { persist } from './persist.ts'
import { PostgresProxy } from './postgres-proxy.ts'

const options = { clock: systemClock, random: Math.random }
const start: Slice = { sessionId: 's', at: 1, drafts: [runStarted('r'), opened('m')] }
const say = (id: string): Slice => ({ sessionId: 's', at: 1, drafts: [prompt(id)] })
const write = (text: string): Slice => ({ sessionId: 's', at: 1, drafts: [delta('m', text)] })

/** A store behind a proxy, with a session whose answer is being written, and an unharmed pool. */
async function harmable(config: pg.PoolConfig = {}, statementTimeout = 30_000) {
  const { url, pool: unharmed, schema, remove } = await postgresSchema()
  const proxy = await PostgresProxy.open(url)
  const name = `${schema}_harmed`
  const pool = new pg.Pool({
    connectionString: proxy.url,
    max: 3,
    application_name: name,
    ...config,
  })
  const storage = await postgres({ pool, schema, statementTimeout }).open(options)
  onTestFinished(async () => {
    await storage.close()
    await pool.end()
    proxy.close()
    await remove()
  })
  await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  await storage.commit([start])
  return { proxy, pool, storage, unharmed, schema, name }
}

/** Asserts that a journal has these entries, each once, for the store and for another one. */
async function expectWhole(storage: Storage, pool: pg.Pool, schema: string, types: string[]) {
  const other = await postgres({ pool, schema }).open(options)
  for (const each of [storage, other]) {
    const { events } = await readWhole(each, 's')
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'message-created', ...types])
  }
  await other.close()
}

/** Holds the session's row, calls, harms the connection that waits for it, and lets go. */
async function whileLocked<T>(
  { unharmed, schema, name }: Awaited<ReturnType<typeof harmable>>,
  { call, harm }: { call: () => Promise<T>; harm: () => unknown },
): Promise<{ value: T } | { error: unknown }> {
  const holder = await unharmed.connect()
  try {
    await holder.query('BEGIN')
    await holder.query(`SELECT 1 FROM ${schema}.sessions FOR UPDATE`)
    const outcome = call().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    let isOver = false
    void outcome.then(() => (isOver = true))
    for (let waiting = 0; waiting === 0 && !isOver;) {
      const { rowCount } = await unharmed.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
        [name],
      )
      waiting = rowCount ?? 0
    }
    await harm()
    return await outcome
  } finally {
    await holder.query('ROLLBACK')
    holder.release()
  }
}

test.each<{
  what: string
  config?: pg.PoolConfig
  statementTimeout?: number
  harm?: 'terminate' | 'cut'
}>([
  { what: 'whose connection is terminated', harm: 'terminate' },
  { what: 'whose connection is cut', harm: 'cut' },
  { what: 'that takes longer than its statement may', statementTimeout: 1_000 },
  { what: 'that waits longer than it may for a lock', config: { lock_timeout: 1_000 } },
])(
  'a commit $what is said to be busy, and can be made again',
  async ({ config, statementTimeout, harm }) => {
    const harmed = await harmable(config, statementTimeout)
    const { storage, unharmed, name, proxy, schema } = harmed
    const outcome = await whileLocked(harmed, {
      call: () => storage.commit([say('p')]),
      harm: () => {
        if (harm === 'cut') return proxy.cut()
        if (harm !== 'terminate') return undefined
        const those = `FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`
        return unharmed.query(`SELECT pg_terminate_backend(pid) ${those}`, [name])
      },
    })
    expect(outcome).toMatchObject({ error: { name: 'StorageError', failure: 'busy' } })
    expect(await storage.commit([say('p')])).toMatchObject([{ events: [{ seq: 3 }] }])
    await expectWhole(storage, unharmed, schema, ['message-created'])
  },
)

test('a commit whose connection is idle in its transaction for too long is said to be busy', async () => {
  const { storage, proxy, unharmed, schema } = await harmable({
    idle_in_transaction_session_timeout: 1_000,
    max: 1,
  })
  proxy.doom('swallowed', (request) => request.includes('COMMIT'))
  await expect(storage.commit([say('p')])).rejects.toMatchObject({ failure: 'busy' })
  expect(proxy.isDone).toBe(true)
  expect(await storage.commit([say('p')])).toMatchObject([{ events: [{ seq: 3 }] }])
  await expectWhole(storage, unharmed, schema, ['message-created'])
})

test('a commit for which the pool has no connection left is said to be busy', async () => {
  const { storage, pool, unharmed, schema } = await harmable({
    max: 1,
    connectionTimeoutMillis: 1_000,
  })
  const taken = await pool.connect()
  await expect(storage.commit([say('p')])).rejects.toMatchObject({ failure: 'busy' })
  taken.release()
  expect(await storage.commit([say('p')])).toMatchObject([{ events: [{ seq: 3 }] }])
  await expectWhole(storage, unharmed, schema, ['message-created'])
})

test('a commit for which the server has no connection left is said to be busy', async () => {
  const { unharmed, schema } = await harmable()
  const { host, port, database } = new pg.Client(unharmed.options)
  const user = `${schema}_few`
  // Two, one of which listens.
  await unharmed.query(
    `CREATE ROLE ${user} LOGIN PASSWORD 'few' CONNECTION LIMIT 2; GRANT ALL ON SCHEMA ${schema} TO ${user};
     GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${user}; GRANT CREATE ON DATABASE ${database} TO ${user}`,
  )
  const few = new pg.Pool({ host, port, database, user, password: 'few', max: 2 })
  const storage = await postgres({ pool: few, schema }).open(options)
  onTestFinished(async () => {
    await storage.close()
    await few.end()
    await unharmed.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
  })
  const taken = await few.connect()
  await expect(storage.commit([say('p')])).rejects.toMatchObject({
    failure: 'busy',
    cause: { code: '53300' },
  })
  taken.release()
  expect(await storage.commit([say('p')])).toMatchObject([{ events: [{ seq: 3 }] }])
  await expectWhole(storage, unharmed, schema, ['message-created'])
})

/** The statement of mere text, over a connection that has not prepared it. */
async function unprepared({ proxy, pool }: Awaited<ReturnType<typeof harmable>>) {
  const gone = new Promise((resolve) => pool.once('remove', resolve))
  proxy.cut()
  await gone
  return (request: Buffer) => request.includes('.events (session, first')
}

test('a commit whose answer is lost is made once, and told as it was made', async () => {
  const harmed = await harmable({ max: 1 })
  const { storage, proxy, unharmed, schema } = harmed
  proxy.doom('answer-lost', (request) => request.includes('COMMIT'))
  expect(await storage.commit([say('p')])).toMatchObject([{ events: [{ seq: 3 }] }])
  expect(proxy.isDone).toBe(true)
  expect(await storage.commit([write('a')])).toMatchObject([{ events: [{ seq: 4 }] }])
  // Mere text of a known session is one statement.
  proxy.doom('answer-lost', await unprepared(harmed))
  expect(await storage.commit([write('b')])).toMatchObject([{ events: [{ seq: 5 }] }])
  expect(proxy.isDone).toBe(true)
  expect(await storage.commit([write('c')])).toMatchObject([{ events: [{ seq: 6 }] }])
  const text = ['message-delta', 'message-delta', 'message-delta']
  await expectWhole(storage, unharmed, schema, ['message-created', ...text])
})

test.each([
  { what: 'a prompt', slice: say('p') },
  { what: 'text', slice: write('a') },
])(
  'a commit of $what whose answer is lost with the server is not known, until it is asked for again',
  async ({ what, slice }) => {
    const harmed = await harmable({ max: 1 })
    const { storage, proxy, unharmed, schema } = harmed
    const isCommit = (request: Buffer) => request.includes('COMMIT')
    const doomed = what === 'text' ? await unprepared(harmed) : isCommit
    proxy.doom('answer-lost-and-away', doomed)
    await expect(storage.commit([slice])).rejects.toMatchObject({ failure: 'unknown' })
    proxy.comeBack()
    const [draft] = slice.drafts
    expect(await storage.commit([slice])).toMatchObject([{ events: [{ seq: 3 }] }])
    expect(await storage.commit([say('q')])).toMatchObject([{ events: [{ seq: 4 }] }])
    await expectWhole(storage, unharmed, schema, [draft?.type ?? '', 'message-created'])
  },
)

test('a store goes on after its PostgreSQL crashed and came back, and counts everything as changed', async () => {
  const server = await ownPostgres(['fsync=off'])
  const pools = [1, 2].map(() => new pg.Pool({ connectionString: server.url }))
  const [one, two] = await Promise.all(
    pools.map((pool) => postgres({ pool, schema: 'again' }).open(options)),
  )
  onTestFinished(async () => {
    for (const each of [one, two]) await each?.close()
    for (const pool of pools) await pool.end()
  })
  if (!one || !two) throw new Error('Two stores are open.')
  await one.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
  const never = new AbortController().signal
  while ((await two.changes.next(never)).sessions === 'all') continue
  await one.commit([start])
  const writing = (async () => {
    for (let count = 0; count < 50; count++) await persist(one, write(`${count} `))
  })()
  await server.crash()
  await writing
  while ((await two.changes.next(never)).sessions !== 'all') continue
  const deltas = Array.from({ length: 50 }, () => 'message-delta')
  for (const storage of [one, two]) {
    const { events } = await readWhole(storage, 's')
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'message-created', ...deltas])
  }
})
