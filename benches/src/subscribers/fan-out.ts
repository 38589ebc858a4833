import type { Bench, Goal, Row } from '../measure/bench.ts'
import { closeAudience, openAudience, planned, sendAnswer } from './measure/answer.ts'
import { eachSide, type Turn } from './measure/each-side.ts'
import { groups, ownGoal, ratioGoal } from './measure/goals.ts'
import { durableStreams, peers, resumableStream } from './sides/peers.ts'
import { bareLoop, caughtupHttp, caughtupSocket } from './sides/sides.ts'

const perSecond = 50
const counts = [10, 50, 200, 1_000]

/** The most CPU per delivery, as a ratio to Durable Streams in memory, by the number of subscribers. */
const cpuGoals: Readonly<Record<number, number>> = { 10: 1, 50: 0.5, 200: 0.4, 1_000: 0.4 }

const own = [caughtupHttp, caughtupSocket, bareLoop]

export const fanOut: Bench = {
  name: 'fan-out',
  rounds: 2,
  question: `How soon the subscribers of an answer of ${perSecond} tokens/s read each token, and what that costs the server.`,
  columns: [
    { key: 'subscribers', title: 'subscribers' },
    { key: 'side', title: 'server' },
    { key: 'keeps', title: 'keeps it in' },
    { key: 'p50', title: 'p50, ms', digits: 1 },
    { key: 'p99', title: 'p99, ms', digits: 1 },
    { key: 'cpu', title: 'CPU per delivery, µs', digits: 1 },
    { key: 'rss', title: 'RSS, MB' },
    { key: 'pace', title: '5 s of tokens take, s', digits: 2 },
    { key: 'bytes', title: 'bytes per delivery' },
  ],
  cases: ({ smoke }) =>
    (smoke ? [3] : counts).map((count) => ({
      title: `${count} subscribers`,
      measure: (folder) =>
        eachSide(
          smoke ? own : [...own, ...peers],
          { folder, what: { subscribers: count } },
          (turn) => measure(turn, count, smoke ? 0.2 : 2),
        ),
    })),
  goals: (rows) => groups(rows, 'subscribers').flatMap(([count, same]) => goals(count, same)),
  charts: [
    chart('fan-out-latency', 'p50', 'From writing a token to reading it, p50'),
    chart('fan-out-latency-p99', 'p99', 'From writing a token to reading it, p99'),
    chart('fan-out-cpu', 'cpu', 'What a delivery costs the server'),
  ],
  notes: [
    'No window: each token is committed and sent by itself. Tokens have 20 bytes; the time is in them. One process holds all subscribers; it checks a hash of what each of them got against what was written, and the run fails if one lost or repeats something.',
    'Each server was warmed up by an answer with the same subscribers: of 1,000 tokens, 500 for 200 subscribers and 100 for 1,000. CPU is of all threads of the server with its writer; that of resumable-stream includes Redis.',
    'Where the tokens of 5 s take longer, the server slows down its writer, and its latencies are those of fewer tokens per second.',
    'The bare loop (`node:http`) writes ready chunks, as long as ours, to all sockets.',
    'Durable Streams, assistant-stream and TanStack AI get their tokens by calls in the process of the server; other writers would send them over HTTP.',
  ],
}

function chart(name: string, y: string, title: string) {
  return { name, title, kind: 'lines', x: 'subscribers', y, by: 'side', log: true } as const
}

async function measure(turn: Turn, count: number, seconds: number): Promise<Row> {
  const audience = await openAudience(turn, { transport: turn.side.transport, count })
  const order = { tokens: perSecond * seconds, perSecond, atMost: 2 * seconds }
  const { written, arrived, before, after } = await sendAnswer(audience, order)
  await closeAudience(audience)
  return {
    p50: arrived.p50,
    p99: arrived.p99,
    cpu: ((after.cpu - before.cpu) * 1000) / arrived.deliveries,
    rss: after.rss / 1e6,
    pace: (written.seconds / planned(written, perSecond)) * 5,
    bytes: arrived.bytes / arrived.deliveries,
  }
}

function goals(count: number, rows: readonly Row[]): Goal[] {
  const most = cpuGoals[count] ?? 1
  return [
    ...[caughtupHttp, caughtupSocket].flatMap((of) => latencyGoals(of, count, rows)),
    ...ratioGoal(`${count} SSE: CPU per delivery, to Durable Streams in memory`, rows, {
      of: caughtupHttp,
      to: [durableStreams],
      key: 'cpu',
      bound: { most },
    }),
    ...ratioGoal(`${count} SSE: CPU per delivery, to the bare loop`, rows, {
      of: caughtupHttp,
      to: [bareLoop],
      key: 'cpu',
      bound: { most: 1.5 },
      heldBackBy:
        'a token costs the server about 0.5 ms however many get it: its agent, its commit and its frame come once in 20 ms, to code and caches that have gone cold. At full speed the same takes 0.06 ms (fan-out-rate).',
    }),
  ]
}

function latencyGoals(of: typeof caughtupHttp, count: number, rows: readonly Row[]): Goal[] {
  const who = `${count} ${of.transport === 'http' ? 'SSE' : 'WebSocket'}`
  const relative = ['p50', 'p99'].flatMap((key) =>
    ratioGoal(
      `${who}: ${key}, to the better of Durable Streams in memory and resumable-stream`,
      rows,
      {
        of,
        to: [durableStreams, resumableStream],
        key,
        bound: { most: 1 },
        heldBackBy:
          'the hundredth part of 2 s is one token of a hundred, and one garbage collection on shared cores makes it: see how far the rounds are apart.',
      },
    ),
  )
  if (count < 1_000) return relative
  return [
    ...relative,
    ...ownGoal(`${who}: p99`, rows, { of, key: 'p99', unit: 'ms', most: 60 }),
    ...ownGoal(`${who}: 5 s of tokens take`, rows, { of, key: 'pace', unit: 's', most: 5.1 }),
  ]
}
