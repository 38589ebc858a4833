import { postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import { Random } from '@caughtup/schema/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { Bed } from '../../../conformance/support/bed.ts'
import { opened, prompt, runStarted, turn } from '../../../conformance/support/drafts.ts'
import { Program } from '../../../conformance/support/program.ts'
import { everything, maintainAll } from '../../../conformance/support/reads.ts'
import { write } from '../../../conformance/support/writes.ts'
import type { Storage } from '../../../port/storage.ts'
import { postgres } from '../index.ts'

/** Tables that grow with what people write. */
const big = [
  'sessions',
  'messages',
  'events',
  'members',
  'remembered',
  'removals',
  'owed',
  'feeds',
  'calls',
]

/** An engine in a schema of some thousand sessions, and the statements that it sends. */
async function filled() {
  const made = await postgresSchema()
  const sent = new Map<string, readonly unknown[]>()
  const pool = new pg.Pool(made.pool.options)
  pool.on('connect', (client) => {
    const send = client.query
    Reflect.set(client, 'query', (...args: unknown[]) => {
      const [config] = args
      if (isStatement(config)) sent.set(config.text, config.values)
      return Reflect.apply(send, client, args)
    })
  })
  onTestFinished(async () => {
    await pool.end()
    await made.remove()
  })
  const factory = postgres({ pool, schema: made.schema })
  const storage = await factory.open({ clock: systemClock, random: Math.random })
  onTestFinished(() => storage.close())
  const session = { title: '', createdAt: 1, members: ['ann', 'bob'] }
  await storage.createSession({ id: 'seed', ...session })
  for (const name of ['a', 'b', 'c']) await write(storage, 'seed', turn(name))
  await maintainAll(storage)
  await pool.query(copies(pg.escapeIdentifier(made.schema)))
  return { pool, factory, storage, sent }
}

function isStatement(config: unknown): config is { text: string; values: readonly unknown[] } {
  return typeof config === 'object' && config !== null && 'values' in config && 'text' in config
}

const copies = (schema: string) => `
SET search_path = ${schema};
INSERT INTO sessions (id, seq, floor, updated_at, active, hidden, job, copying, body)
  SELECT 's' || n, seq, floor, n, active, hidden, job, copying, replace(body, '"id":"seed"', '"id":"s' || n || '"')
  FROM sessions, generate_series(1, 4000) n WHERE id = 'seed';
INSERT INTO messages (session, ord, id, epoch, revision, role, open, hidden, anchor, author, created, words, body)
  SELECT s.key, ord, m.id, epoch, revision, role, open, m.hidden, anchor, author, created + s.key, words, m.body
  FROM messages m, sessions s WHERE s.key <> m.session;
INSERT INTO events (session, first, seq, at, tag, body)
  SELECT s.key, first, e.seq, at, tag, e.body FROM events e, sessions s WHERE s.key <> e.session;
INSERT INTO members (principal, session, place, name, read_up_to, position, recency)
  SELECT CASE WHEN s.key % 100 = 0 THEN principal ELSE principal || s.key % 100 END, s.key, place, name, read_up_to,
    s.key, s.key FROM members m, sessions s WHERE s.key <> m.session;
INSERT INTO remembered (session, kind, hash, name, count)
  SELECT key, 'gone', 'h', 'n', 1 FROM sessions;
INSERT INTO feeds (principal, position) SELECT DISTINCT principal, 10000 FROM members ON CONFLICT DO NOTHING;
INSERT INTO feeds (principal, position) SELECT 'other' || n, 1 FROM generate_series(1, 4000) n;
INSERT INTO removals (principal, position, session_id) SELECT principal, n, 'gone' || n
  FROM feeds, generate_series(1, 10) n;
INSERT INTO calls SELECT 'p' || n, 'sends', 1, 1 FROM generate_series(1, 4000) n;
INSERT INTO owed (id, session, process, due, attempts, body) SELECT 'o' || key, key, 'p' || key % 100, 1, 0, '{}'
  FROM sessions;
RESET search_path;
ANALYZE ${big.map((table) => `${schema}.${table}`).join(', ')};
`

/** Uses what there is, once. */
async function useAll(storage: Storage): Promise<void> {
  const everyone = { principal: 'ann' }
  await everything(storage, 'seed')
  await storage.search({ text: 'hello', in: everyone, limit: 10 })
  await storage.search({ text: 'hello', in: { sessionId: 'seed' }, limit: 10 })
  await storage.prompts({ author: 'ann', limit: 10, bytes: 10_000 })
  await storage.sessions('ann', { limit: 10 })
  for (const by of ['recency', 'creation'] as const)
    await storage.activity('ann', { by, limit: 10 })
  await storage.activity('ann', { by: 'change', after: 10, limit: 10 })
  await storage.activity('ann', { by: 'session', sessionId: 'seed' })
  await storage.markRead('seed', 'ann', 2)
  await storage.addMember('seed', 'cid', 10)
  await storage.removeMember('seed', 'cid')
  await storage.updateSession('seed', { title: 'new', at: 2 })
  await storage.message('seed', 'a')
  await storage.lookup('seed', { identities: ['i'], messageIds: ['a'] })
  await storage.ledgers('seed', { from: 0, upTo: 1 })
  await storage.beginFork({
    sourceId: 'seed',
    upTo: 2,
    session: { id: 'fork', title: '', createdAt: 1, members: ['ann'] },
  })
  while (await storage.maintain({ fork: 'fork' }));
  await storage.deleteSession('fork')
  await storage.forgetRemovals('bob')
  await write(storage, 's7', [runStarted('run'), prompt('q'), opened('open')])
  await storage.heartbeat()
  await storage.calls.count({ principal: 'ann', name: 'sends', most: 9, within: 9 })
  await storage.calls.forget('bob')
  await storage.activeRuns()
  await storage.activeRuns(['other'])
  await storage.processes.holders()
  await storage.idleSessions({ until: 1_000, limit: 10 })
  const [holder] = await storage.owed.holders()
  await storage.owed.take(holder?.process ?? '')
  await storage.owed.list(1)
  await storage.owed.postpone('o1', 2)
  await storage.owed.settle('o1')
  await storage.maintain({ trim: 'seed', upTo: 2 })
  await storage.maintain({ retention: { age: 1e15, events: 3 } })
  await storage.readSession('seed')
}

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  Plans?: Plan[]
}

interface Explained {
  'QUERY PLAN': [{ Plan: Plan }]
}

function scans(plan: Plan): string[] {
  const found = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []
  return [...found, ...(plan.Plans ?? []).flatMap(scans)]
}

test(
  'every statement finds its rows in a large table by an index',
  { timeout: 120_000 },
  async () => {
    const { pool, factory, storage, sent } = await filled()
    await useAll(storage)
    const bed = new Bed({ factory }, 1, () => Promise.reject(new Error('There is no other.')))
    const program = await Program.start(bed, new Random(1))
    for (let step = 0; step < 60; step++) await program.step({ imports: true })
    await bed.close()
    const found: string[] = []
    const { rows } = await pool.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    )
    // An older server tells no such plan.
    const hasGeneric = (rows[0]?.version ?? 0) >= 160_000
    for (const [text, values] of sent) {
      if (!/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/.test(text)) continue
      // As for these values, and as for any.
      const planned = await pool.query<Explained>(`EXPLAIN (FORMAT JSON) ${text}`, [...values])
      const kept = hasGeneric
        ? await pool.query<Explained>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)
        : { rows: [] }
      const whole = [...planned.rows, ...kept.rows].flatMap((row) =>
        scans(row['QUERY PLAN'][0].Plan),
      )
      for (const table of whole) if (big.includes(table)) found.push(`${table}: ${text}`)
    }
    expect(found).toEqual([])
    expect(sent.size).toBeGreaterThan(60)
  },
)
