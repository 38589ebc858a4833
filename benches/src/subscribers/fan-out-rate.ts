import type { Bench, Goal, Row } from '../measure/bench.ts'
import { closeAudience, openAudience, sendAnswer } from './measure/answer.ts'
import { eachSide, type Turn } from './measure/each-side.ts'
import { groups, ratioGoal } from './measure/goals.ts'
import { peers } from './sides/peers.ts'
import { bareLoop, caughtupHttp, caughtupSocket } from './sides/sides.ts'

/** A writer that nothing holds back must not fill the memory with what is on its way. */
const mostTokens = 20_000

const own = [caughtupHttp, caughtupSocket, bareLoop]

export const fanOutRate: Bench = {
  name: 'fan-out-rate',
  question:
    'How many tokens per second reach the subscribers of a writer that goes as fast as it can.',
  rounds: 2,
  columns: [
    { key: 'subscribers', title: 'subscribers' },
    { key: 'side', title: 'server' },
    { key: 'keeps', title: 'keeps it in' },
    { key: 'rate', title: 'deliveries/s' },
    { key: 'wire', title: 'sent, MB/s', digits: 1 },
    { key: 'cpu', title: 'CPU per delivery, µs', digits: 1 },
  ],
  cases: ({ smoke }) =>
    (smoke ? [2] : [1, 50, 200]).map((count) => ({
      title: `${count} subscribers`,
      measure: (folder) =>
        eachSide(
          smoke ? own : [...own, ...peers],
          { folder, what: { subscribers: count } },
          (turn) => measure(turn, count, smoke ? 0.1 : 0.7),
        ),
    })),
  goals: (rows) => groups(rows, 'subscribers').flatMap(([count, same]) => goals(count, same)),
  charts: [
    {
      name: 'fan-out-rate',
      title: 'Tokens delivered per second, the writer at full speed',
      kind: 'bars',
      x: 'subscribers',
      y: 'rate',
      by: 'side',
      log: true,
    },
  ],
  notes: [
    '0.7 s of writing, or 20,000 tokens of 20 bytes; the time ends when the last subscriber has everything. A delivery is one token at one subscriber: a server may send several in one frame.',
  ],
}

async function measure(turn: Turn, count: number, seconds: number): Promise<Row> {
  const audience = await openAudience(turn, { transport: turn.side.transport, count })
  const order = { tokens: mostTokens, perSecond: null, atMost: seconds }
  const { written, arrived, before, after } = await sendAnswer(audience, order)
  await closeAudience(audience)
  const took = (arrived.lastAt - written.startedAt) / 1e6
  return {
    rate: arrived.deliveries / took,
    wire: arrived.bytes / took / 1e6,
    cpu: ((after.cpu - before.cpu) * 1000) / arrived.deliveries,
  }
}

function goals(count: number, rows: readonly Row[]): Goal[] {
  const rate = {
    of: caughtupHttp,
    key: 'rate',
    heldBackBy:
      'without a window, each token is a transaction of SQLite of its own, which ends before the agent goes on. The others keep nothing on disk.',
  }
  return [
    ...ratioGoal(`${count} SSE: deliveries per second, to the bare loop`, rows, {
      ...rate,
      to: [bareLoop],
      bound: { least: 0.5 },
    }),
    ...ratioGoal(`${count} SSE: deliveries per second, to the best peer`, rows, {
      ...rate,
      to: peers,
      bound: { least: 1 },
    }),
  ]
}
