import { type Bench, type Case, figure, type Row } from '../measure/bench.ts'
import { startClients } from '../subscribers/measure/processes.ts'
import { hasRedis, needed, openDatabase, overNotify, overRedis } from './database.ts'
import { Servers, subscribeAt } from './servers.ts'

const perSecond = 50
const processes = 3

export const threeProcesses: Bench = {
  name: 'three-processes',
  rounds: 2,
  question: `How soon 1,000 subscribers that are spread over three processes read each token of an answer of ${perSecond} tokens/s.`,
  columns: [
    { key: 'subscribers', title: 'subscribers' },
    { key: 'side', title: 'between the processes' },
    { key: 'here', title: "p50 at the agent's process, ms", digits: 1 },
    { key: 'here99', title: "p99 at the agent's process, ms", digits: 1 },
    { key: 'elsewhere', title: 'p50 at the others, ms', digits: 1 },
    { key: 'elsewhere99', title: 'p99 at the others, ms', digits: 1 },
    { key: 'pace', title: '5 s of tokens take, s', digits: 2 },
    { key: 'servers', title: 'CPU of the servers per delivery, µs', digits: 1 },
    { key: 'database', title: 'CPU of PostgreSQL per delivery, µs', digits: 1 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? [overNotify] : [overNotify, overRedis]).map((side): Case => ({
      title: side,
      measure: async () => [await measure(side, smoke ? 3 : 1_000, smoke ? 1 : seconds)],
    })),
  goals: (rows) =>
    rows
      .filter((row) => 'elsewhere99' in row)
      .map((row) => ({
        goal: `${row['side']}: p99 of all`,
        measured: Math.max(figure(row, 'here99'), figure(row, 'elsewhere99')),
        unit: 'ms',
        digits: 1,
        bound: { most: 60 },
        heldBackBy:
          'three servers, PostgreSQL and the process of the subscribers share two cores; one process with the same subscribers needs one of them (fan-out).',
      })),
  notes: [
    'As `fan-out`, over SSE: no window, one process with all subscribers, which checks what each of them got. The p99 of the others is the worse of the two.',
  ],
}

async function measure(side: string, count: number, seconds: number): Promise<Row> {
  const row = { subscribers: count, side }
  if (side === overRedis && !hasRedis()) return { ...row, side: `${side} (no ${needed} here)` }
  await using database = await openDatabase(side)
  await using servers = await Servers.start(database, { count: processes, windowMs: 0 })
  await using clients = startClients()
  const { session } = await servers.at(0).call('open', 'http')
  const groups: number[] = []
  for (const [index, server] of servers.all.entries()) {
    const share = Math.floor((count + index) / processes)
    groups.push(await subscribeAt(server, clients, { session, count: share }))
  }
  const answer = async (order: { tokens: number; perSecond: number; atMost: number }) => {
    for (const group of groups) await clients.call('restart', group)
    const before = await servers.cpu()
    const { characters, chain, ...written } = await servers
      .at(0)
      .call('write', { session, ...order })
    const arrivals = groups.map((group) =>
      clients.call('arrival', { group, characters, chain, within: 30 }),
    )
    const [here, ...others] = await Promise.all(arrivals)
    const after = await servers.cpu()
    return { here, others, written, before, after }
  }
  await answer({ tokens: 100, perSecond: 100, atMost: 5 })
  const order = { tokens: perSecond * seconds, perSecond, atMost: 2 * seconds }
  const { here, others, written, before, after } = await answer(order)
  const deliveries = [here, ...others].reduce((sum, each) => sum + (each?.deliveries ?? 0), 0)
  const most = (of: (arrived: { p50: number; p99: number }) => number) =>
    Math.max(...others.map(of))
  return {
    ...row,
    here: here?.p50 ?? Number.NaN,
    here99: here?.p99 ?? Number.NaN,
    elsewhere: most(({ p50 }) => p50),
    elsewhere99: most(({ p99 }) => p99),
    pace: (written.seconds / ((written.tokens - 1) / perSecond)) * 5,
    servers: ((after.servers - before.servers) * 1_000) / deliveries,
    database: ((after.database - before.database) * 1_000) / deliveries,
  }
}
