import { type Bench, type Case, figure, type Goal, type Row } from '../measure/bench.ts'
import { startClients } from '../subscribers/measure/processes.ts'
import { hasRedis, needed, openDatabase, overNotify, overRedis } from './database.ts'
import { Servers, subscribeAt } from './servers.ts'

const perSecond = 50
const sides = [overNotify, overRedis]
const loads = [100, 300]
const heldBackBy =
  'a process wakes, commits and collects garbage nearly as often for half of the answers, and two processes do all that twice; on top, each says what it wrote and hears all that the other writes, over NOTIFY through PostgreSQL. Twice the row with half of the answers tells the first part. Without the content on the bus, half of the subscribers would read the journal in each window.'

export const secondProcess: Bench = {
  name: 'second-process',
  rounds: 2,
  question: `What a second process costs: the same answers of ${perSecond} tokens/s, each with a subscriber, by one process and by two.`,
  columns: [
    { key: 'answers', title: 'answers at once' },
    { key: 'processes', title: 'processes' },
    { key: 'side', title: 'between them' },
    { key: 'servers', title: 'CPU of the servers, ms/s', digits: 1 },
    { key: 'database', title: 'CPU of PostgreSQL, ms/s', digits: 1 },
    { key: 'all', title: 'in all, ms/s', digits: 1 },
    { key: 'p50', title: 'written to read p50, ms', digits: 1 },
    { key: 'p99', title: 'written to read p99, ms', digits: 1 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? [2] : loads).flatMap((answers) =>
      (smoke ? [overNotify] : sides).flatMap((side) =>
        layouts(answers)
          .slice(smoke ? 2 : 0)
          .map(([count, processes]): Case => ({
            title: `${count} answers, ${processes} × ${side}`,
            measure: async () => [await measure(side, processes, [count, smoke ? 1 : seconds])],
          })),
      ),
    ),
  goals: (rows) => loads.flatMap((load) => sides.flatMap((side) => goalOf(side, load, rows))),
  notes: [
    'With two processes each runs half of the answers, and half of the subscribers of each are at the other one, as a proxy spreads them that knows of no sessions. The default window of 33 ms; SSE. The CPU of Redis and of the subscribers is not in it, that of the agents is: a timer per token.',
    'Twice the row with half of the answers in one process is what two processes cost that have nothing to do with each other. What that is above the row with all answers in one is the price of a process; what the row with two processes is above it is the price of what goes between them.',
    'The agents alone, timers without a server that began at different moments, took 63 ms/s for 100 answers in one process and 102 ms/s in two, 87 and 138 ms/s for 300, on a busy machine: they wake a process 700 times a second, whether it has 50 or 300.',
  ],
}

/** Answers and processes: half of a load in one process, all of it, and all of it in two. */
function layouts(load: number): [answers: number, processes: number][] {
  return [
    [load / 2, 1],
    [load, 1],
    [load, 2],
  ]
}

function goalOf(side: string, load: number, all: readonly Row[]): Goal[] {
  const rows = all.filter((row) => row['side'] === side && row['answers'] === load)
  const [one, two] = [1, 2].map((processes) => rows.find((row) => row['processes'] === processes))
  if (!one || !two || !('all' in one)) return []
  const measured = (figure(two, 'all') / figure(one, 'all') - 1) * 100
  return [
    {
      goal: `${load} answers, ${side}: more CPU in all with a second process`,
      measured,
      unit: '%',
      digits: 0,
      bound: { most: 15 },
      heldBackBy,
    },
  ]
}

async function measure(
  side: string,
  processes: number,
  [answers, seconds]: readonly [number, number],
): Promise<Row> {
  const row = { answers, processes, side }
  if (side === overRedis && !hasRedis()) return { ...row, side: `${side} (no ${needed} here)` }
  await using database = await openDatabase(side)
  await using servers = await Servers.start(database, { count: processes, windowMs: 33 })
  await using clients = startClients()
  const followed: { session: string; group: number; index: number }[] = []
  for (let index = 0; index < answers; index++) {
    const { session } = await servers.at(index).call('open', 'http')
    const at = servers.at(index + Math.floor(index / 2))
    followed.push({ session, index, group: await subscribeAt(at, clients, { session, count: 1 }) })
  }
  const answer = async (during: number) => {
    const order = { tokens: perSecond * during, perSecond, atMost: 3 * during }
    for (const { group } of followed) await clients.call('restart', group)
    const before = await servers.cpu()
    const startedAt = performance.now()
    const arrived = await Promise.all(
      followed.map(async ({ session, group, index }) => {
        const { characters, chain } = await servers.at(index).call('write', { session, ...order })
        return clients.call('arrival', { group, characters, chain, within: 30 })
      }),
    )
    const took = (performance.now() - startedAt) / 1_000
    const after = await servers.cpu()
    return { arrived, before, after, took }
  }
  await answer(2)
  const { arrived, before, after, took } = await answer(2 * seconds)
  const spent = {
    servers: (after.servers - before.servers) / took,
    database: (after.database - before.database) / took,
  }
  const mean = (of: (each: { p50: number; p99: number }) => number) =>
    arrived.reduce((sum, each) => sum + of(each), 0) / arrived.length
  return {
    ...row,
    ...spent,
    all: spent.servers + spent.database,
    p50: mean(({ p50 }) => p50),
    p99: mean(({ p99 }) => p99),
  }
}
