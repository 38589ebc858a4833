import { fileURLToPath } from 'node:url'

import { type Bench, type Case, figure, type Goal, ours, type Row } from '../measure/bench.ts'
import { BenchProcess } from '../subscribers/measure/processes.ts'
import { startRedis } from '../subscribers/processes/redis-server.ts'
import { acrossPeer, installPeers } from '../subscribers/sides/peers.ts'
import { hasRedis, needed, openDatabase, overNotify, overRedis } from './database.ts'
import type { AcrossCalls, Times } from './serve-across.ts'

const storeProcess = fileURLToPath(new URL('store-process.ts', import.meta.url))
const resumable = 'resumable-stream, Redis'
const sides = [overNotify, overRedis, resumable]

const perSecond = 50
const warmUpSeconds = 3
const heldBackBy =
  'what happens in the microseconds of a publication waits for a core here: look at the load, and at the least of the rounds. NOTIFY takes a statement and its own way through PostgreSQL, where Redis takes a tenth of a millisecond, and with a hundred answers the content of a window is several texts.'

export const otherProcess: Bench = {
  name: 'other-process',
  rounds: 3,
  question: `How soon a subscriber in another process reads each token of answers of ${perSecond} tokens/s, beyond the commit.`,
  columns: [
    { key: 'answers', title: 'answers at once' },
    { key: 'side', title: 'between the processes' },
    { key: 'commit', title: 'commit p50, ms', digits: 2 },
    { key: 'commit99', title: 'commit p99, ms', digits: 2 },
    { key: 'beyond', title: 'beyond the commit p50, ms', digits: 2 },
    { key: 'beyond99', title: 'beyond the commit p99, ms', digits: 2 },
    { key: 'elsewhere', title: 'written to read p50, ms', digits: 2 },
    { key: 'elsewhere99', title: 'written to read p99, ms', digits: 2 },
    { key: 'writer', title: 'CPU of the writer, ms/s', digits: 1 },
    { key: 'reader', title: 'CPU of the reader, ms/s', digits: 1 },
    { key: 'servers', title: 'CPU of PostgreSQL, ms/s', digits: 1 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? [1] : [1, 100]).flatMap((answers) =>
      (smoke ? [overNotify] : sides).map((side): Case => ({
        title: `${answers} answers, ${side}`,
        measure: async () => [await measure(side, answers, smoke ? 1 : 2 * seconds)],
      })),
    ),
  goals: (rows) => [1, 100].flatMap((answers) => goalsAt(rows, answers)),
  notes: [
    'A process writes the answers, another one follows all of them by `store.follow`; so does the first one, whose reading is the end of the commit. One answer has no flush window, so that each token is a commit; a hundred have the default of 33 ms.',
    'resumable-stream keeps an answer in the memory of its writer and commits nothing: what it takes is from writing a token to reading it, one text over Redis for each.',
    'PostgreSQL as in `postgres`, with `fsync=off`. Each process must have read every token, once and in order.',
  ],
}

async function measure(side: string, answers: number, seconds: number): Promise<Row> {
  const row = { answers, side }
  if (side !== overNotify && !hasRedis()) return { ...row, side: `${side} (no ${needed} here)` }
  if (side === resumable) {
    installPeers()
    const url = await startRedis()
    const [writer, reader] = [startAcross(acrossPeer, [url]), startAcross(acrossPeer, [url])]
    await using _ending = ending(writer, reader)
    return { ...row, ...(await between({ writer, reader }, { answers, seconds })) }
  }
  await using database = await openDatabase(side)
  const args = [answers === 1 ? '0' : '33', ...database.args]
  const [writer, reader] = [startAcross(storeProcess, args), startAcross(storeProcess, args)]
  await using _ending = ending(writer, reader)
  const servers = () => database.cpu()
  return { ...row, ...(await between({ writer, reader, servers }, { answers, seconds })) }
}

type AcrossProcess = BenchProcess<AcrossCalls>

function startAcross(module: string, args: readonly string[]): AcrossProcess {
  return new BenchProcess(module, args)
}

function ending(...processes: AcrossProcess[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      for (const each of processes) await each[Symbol.asyncDispose]()
    },
  }
}

interface Between {
  writer: AcrossProcess
  reader: AcrossProcess
  /** CPU of the database, in ms; absent for a side without one, whose writer knows of no commit. */
  servers?: () => number
}

async function between(
  { writer, reader, servers }: Between,
  { answers, seconds }: { answers: number; seconds: number },
): Promise<Row> {
  await writer.call('start', null)
  await reader.call('start', null)
  const names = await writer.call('open', answers)
  if (servers) await writer.call('follow', names)
  await reader.call('follow', names)
  const write = async (during: number) => {
    await writer.call('write', { streams: answers, perSecond, seconds: during })
    const tokens = perSecond * during
    const elsewhere = await reader.call('times', tokens)
    return { own: servers ? await writer.call('times', tokens) : [], elsewhere }
  }
  const spent = async () => ({
    writer: await writer.call('cpu', null),
    reader: await reader.call('cpu', null),
    servers: servers?.() ?? 0,
  })
  await write(warmUpSeconds)
  const before = await spent()
  const startedAt = performance.now()
  const { own, elsewhere } = await write(seconds)
  const took = (performance.now() - startedAt) / 1_000
  const after = await spent()
  if (servers) assertSame(own, elsewhere)
  const commits = own.flatMap((times) => times.commits)
  const ages = agesOf(elsewhere)
  const beyond = servers
    ? elsewhere.flatMap(({ read }, stream) =>
        read.map((at, token) => (at - (own[stream]?.read[token] ?? 0)) / 1_000),
      )
    : ages
  return {
    ...(servers && { commit: percentile(commits, 0.5), commit99: percentile(commits, 0.99) }),
    beyond: percentile(beyond, 0.5),
    beyond99: percentile(beyond, 0.99),
    elsewhere: percentile(ages, 0.5),
    elsewhere99: percentile(ages, 0.99),
    writer: (after.writer - before.writer) / took,
    reader: (after.reader - before.reader) / took,
    ...(servers && { servers: (after.servers - before.servers) / took }),
  }
}

function agesOf(all: readonly Times[]): number[] {
  return all.flatMap(({ written, read }) =>
    read.map((at, token) => (at - (written[token] ?? 0)) / 1_000),
  )
}

/** @throws Error if something was lost, repeated or swapped on the way */
function assertSame(own: readonly Times[], elsewhere: readonly Times[]): void {
  for (const [stream, { written }] of own.entries()) {
    if (String(written) !== String(elsewhere[stream]?.written)) {
      throw new Error(`Answer ${stream} was read differently in the other process.`)
    }
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

function goalsAt(rows: readonly Row[], answers: number): Goal[] {
  const at = `${answers === 1 ? 'one answer' : `${answers} answers`}`
  const of = (side: string) =>
    rows.find((row) => row['answers'] === answers && row['side'] === side)
  const peer = of(resumable)
  return [overNotify, overRedis].flatMap((side) => {
    const row = of(side)
    if (!row) return []
    const who = `${at}, ${side.replace(`${ours}, `, '')}`
    const goals: Goal[] = [
      {
        goal: `${who}: p50 beyond the commit`,
        measured: figure(row, 'beyond'),
        unit: 'ms',
        bound: { most: 3 },
        heldBackBy,
      },
      {
        goal: `${who}: p99 beyond the commit, to the commit's own p99`,
        measured: figure(row, 'beyond99') / figure(row, 'commit99'),
        unit: '×',
        bound: { most: 1.5 },
        heldBackBy,
      },
    ]
    if (!peer) return goals
    const toPeer = (key: string): Goal => ({
      goal: `${who}: ${key === 'beyond' ? 'p50' : 'p99'} beyond the commit, to resumable-stream's from writing to reading`,
      measured: figure(row, key) / figure(peer, key),
      unit: '×',
      bound: { most: 1 },
      heldBackBy,
    })
    return [...goals, toPeer('beyond'), toPeer('beyond99')]
  })
}
