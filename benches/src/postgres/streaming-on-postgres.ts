import { postgresSchema } from '@caughtup/local-services/postgres'
import type pg from 'pg'

import { pace } from '../benches/streaming/pace.ts'
import { type Bench, type Case, figure, type Goal, ours, type Row } from '../measure/bench.ts'
import { median } from '../measure/median.ts'
import { spent } from '../measure/spent.ts'
import { tokenText } from '../measure/token-text.ts'
import { bareInsert } from './bare-insert.ts'
import { caughtupOnPostgres } from './caughtup-on-postgres.ts'
import type { PostgresLayout } from './postgres-layout.ts'
import { cpuOfFamily, parentOf } from './server-cpu.ts'

const bare = 'a bare INSERT per window'
const nothing = 'nothing'
const layouts: Record<string, (pool: pg.Pool, schema: string) => Promise<PostgresLayout>> = {
  [nothing]: async () => ({
    async start() {},
    append() {},
    async flush() {},
    async close() {},
    takeDurations: () => [0],
  }),
  [bare]: bareInsert,
  [ours]: caughtupOnPostgres,
}

/** Of each answer. */
const tokensPerSecond = 50
const warmUpSeconds = 2

export const streamingOnPostgres: Bench = {
  name: 'postgres',
  rounds: 3,
  question:
    'What the store costs on PostgreSQL while answers are streamed at 50 tokens/s each, beside a bare INSERT of the same rows.',
  columns: [
    { key: 'answers', title: 'answers at once' },
    { key: 'layout', title: 'written by' },
    { key: 'server', title: 'CPU of PostgreSQL, ms/s', digits: 1 },
    { key: 'cpu', title: 'CPU of this process, ms/s', digits: 1 },
    { key: 'window', title: 'window p50, ms', digits: 2 },
    { key: 'pace', title: 'pace of the agents, %', digits: 1 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? [20] : [100, 1_000]).flatMap((answers) =>
      Object.entries(layouts).map(([layout, open]): Case => ({
        title: `${answers} × ${layout}`,
        measure: async () => [{ layout, ...(await measure(open, answers, seconds)) }],
      })),
    ),
  compare,
  goals: (rows) => [100, 1_000].flatMap((answers) => goalsAt(rows, answers)),
  notes: [
    'PostgreSQL 18.4 on the same machine, over a UNIX socket, with `fsync=off`: it answers a commit without waiting for a disk, as `synchronous_commit=off` would. Its CPU is that of all its processes.',
    'A window of ours is what `commitDuration` says; that of the bare INSERT is its statement. What is written by nothing is the generator, whose CPU is subtracted.',
  ],
}

async function measure(
  open: (pool: pg.Pool, schema: string) => Promise<PostgresLayout>,
  answers: number,
  seconds: number,
): Promise<Row> {
  const { pool, schema, remove } = await postgresSchema()
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const server = parentOf(rows[0]?.pid ?? 0)
  const layout = await open(pool, schema)
  for (let answer = 0; answer < answers; answer++) await layout.start(answer)
  let tokens = 0
  const stream = async (during: number) => {
    const from = tokens
    const turns = answers * Math.ceil(during * tokensPerSecond)
    await pace(turns, 1_000 / tokensPerSecond / answers, (turn) => {
      const n = from + Math.floor(turn / answers)
      layout.append(turn % answers, tokenText(turn % answers, n))
    })
    tokens += turns / answers
  }
  await stream(warmUpSeconds)
  layout.takeDurations()
  const before = { cpu: spent().cpu, server: cpuOfFamily(server), at: performance.now() }
  await stream(seconds)
  await layout.flush()
  const took = (performance.now() - before.at) / 1_000
  const row = {
    answers,
    server: (cpuOfFamily(server) - before.server) / took,
    cpu: (spent().cpu - before.cpu) / took,
    window: median(layout.takeDurations()),
    pace: (seconds / took) * 100,
  }
  await layout.close()
  await remove()
  return row
}

function find(rows: readonly Row[], answers: number, layout: string): Row | undefined {
  return rows.find((row) => row['answers'] === answers && row['layout'] === layout)
}

/** Subtracts what the generator and an idle server cost. */
function compare(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const idle = find(rows, figure(row, 'answers'), nothing)
    if (!idle || idle === row) return row
    return {
      ...row,
      server: figure(row, 'server') - figure(idle, 'server'),
      cpu: figure(row, 'cpu') - figure(idle, 'cpu'),
    }
  })
}

function goalsAt(rows: readonly Row[], answers: number): Goal[] {
  const [own, plain] = [find(rows, answers, ours), find(rows, answers, bare)]
  if (!own || !plain) return []
  const ratio = (key: string) => figure(own, key) / figure(plain, key)
  const at = `at ${answers} answers`
  return [
    {
      goal: `CPU of PostgreSQL ${at}, to the bare INSERT's`,
      measured: ratio('server'),
      unit: '×',
      bound: { most: 1.5 },
    },
    {
      goal: `CPU of the process ${at}, to the bare INSERT's`,
      measured: ratio('cpu'),
      unit: '×',
      bound: { most: 3 },
    },
    {
      goal: `window p50 ${at}, to the bare INSERT's`,
      measured: ratio('window'),
      unit: '×',
      bound: { most: 2 },
    },
    {
      goal: `pace of the agents ${at}`,
      measured: figure(own, 'pace'),
      unit: '%',
      digits: 1,
      bound: { least: 98 },
    },
  ]
}
