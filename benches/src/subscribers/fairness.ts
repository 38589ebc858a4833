import type { Bench, Goal, Row } from '../measure/bench.ts'
import { openAudience, planned, sendAnswer } from './measure/answer.ts'
import { eachSide, type Turn } from './measure/each-side.ts'
import { groups, ownGoal } from './measure/goals.ts'
import { startClients } from './measure/processes.ts'
import { durableStreams } from './sides/peers.ts'
import { caughtupHttp } from './sides/sides.ts'

const perSecond = 50

const own = [caughtupHttp]

export const fairness: Bench = {
  name: 'fairness',
  question: 'Whether a session with many subscribers holds up another one with one subscriber.',
  rounds: 2,
  columns: [
    { key: 'subscribers', title: 'subscribers of the large one' },
    { key: 'side', title: 'server' },
    { key: 'bigP50', title: 'large, p50, ms', digits: 1 },
    { key: 'bigP99', title: 'large, p99, ms', digits: 1 },
    { key: 'smallP50', title: 'small, p50, ms', digits: 1 },
    { key: 'smallP99', title: 'small, p99, ms', digits: 1 },
    { key: 'bigPace', title: '5 s of tokens take, large, s', digits: 2 },
    { key: 'smallPace', title: 'small, s', digits: 2 },
  ],
  cases: ({ smoke }) => {
    const large = smoke
      ? [{ count: 5, sides: own }]
      : [
          { count: 1_000, sides: [...own, durableStreams] },
          { count: 4_000, sides: own },
        ]
    return large.map(({ count, sides: measured }) => ({
      title: `${count} subscribers beside one`,
      measure: (folder) =>
        eachSide(measured, { folder, what: { subscribers: count } }, (turn) =>
          measure(turn, count, smoke ? 0.2 : 3),
        ),
    }))
  },
  goals: (rows) => groups(rows, 'subscribers').flatMap(([count, same]) => goals(count, same)),
  notes: [
    'Both sessions get 50 tokens/s. The one subscriber has a process of its own, so that it does not wait for the reading of the others.',
  ],
}

async function measure(
  { side, server, clients }: Turn,
  count: number,
  seconds: number,
): Promise<Row> {
  await using apart = startClients()
  const { transport } = side
  const large = await openAudience({ server, clients }, { transport, count })
  const small = await openAudience({ server, clients: apart }, { transport, count: 1 })
  const order = { tokens: perSecond * seconds, perSecond, atMost: 2 * seconds }
  const [big, one] = await Promise.all([sendAnswer(large, order), sendAnswer(small, order)])
  const pace = ({ written }: typeof big) => (written.seconds / planned(written, perSecond)) * 5
  return {
    bigP50: big.arrived.p50,
    bigP99: big.arrived.p99,
    smallP50: one.arrived.p50,
    smallP99: one.arrived.p99,
    bigPace: pace(big),
    smallPace: pace(one),
  }
}

function goals(count: number, rows: readonly Row[]): Goal[] {
  const who = `beside ${count.toLocaleString('en')} SSE`
  const of = caughtupHttp
  return [
    ...ownGoal(`${who}: 5 s of tokens of the small session take`, rows, {
      of,
      key: 'smallPace',
      unit: 's',
      most: 5.1,
    }),
    ...ownGoal(`${who}: 5 s of tokens of the large session take`, rows, {
      of,
      key: 'bigPace',
      unit: 's',
      most: 5.1,
    }),
    ...ownGoal(`${who}: p50 of the small session`, rows, {
      of,
      key: 'smallP50',
      unit: 'ms',
      most: 10,
    }),
  ]
}
