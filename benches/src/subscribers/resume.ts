import type { Bench, Goal, Row } from '../measure/bench.ts'
import { eachSide, type Turn } from './measure/each-side.ts'
import { groups, ratioGoal } from './measure/goals.ts'
import { durableStreams, durableStreamsFile, resumableStream } from './sides/peers.ts'
import { caughtupHttp, caughtupSocket } from './sides/sides.ts'

const own = [caughtupHttp, caughtupSocket]

/** Those that have a place to resume from, or that keep a stream for more than one process. */
const peers = [durableStreams, durableStreamsFile, resumableStream]

/** How fast the tokens are written that the clients miss: as single events, in a bearable time. */
const perSecond = 4_000

/** In seconds. */
const longest = 8

const heldBackBy =
  'each client costs about 0.4 ms, of which what it missed is the least: a request with a body is parsed, routed and checked, its principal and session are looked up, and a stream is registered. The best peer has a bare `node:http` handler here, which asks for none of that.'

export const resume: Bench = {
  name: 'resume',
  question: 'How long it takes until 1,000 clients that come back at once have what they missed.',
  rounds: 2,
  columns: [
    { key: 'missed', title: 'tokens missed' },
    { key: 'side', title: 'server' },
    { key: 'keeps', title: 'keeps it in' },
    { key: 'clients', title: 'clients' },
    { key: 'took', title: 'until all have it, ms' },
    { key: 'cpu', title: 'CPU per client, ms', digits: 2 },
    { key: 'sent', title: 'sent to each, kB' },
  ],
  cases: ({ smoke }) =>
    (smoke ? [20] : [100, 10_000]).map((missed) => ({
      title: `${missed} tokens missed`,
      measure: (folder) =>
        eachSide(smoke ? own : [...own, ...peers], { folder, what: { missed } }, (turn) =>
          measure(turn, missed, smoke ? 5 : 1_000),
        ),
    })),
  goals: (rows) => groups(rows, 'missed').flatMap(([missed, same]) => goals(missed, same)),
  charts: [
    {
      name: 'resume',
      title: 'Until 1,000 clients that come back at once have what they missed',
      kind: 'bars',
      x: 'missed',
      y: 'took',
      by: 'side',
      log: true,
    },
  ],
  notes: [
    'Connections are open before the time begins; all clients then ask at once. Events missed are tokens of 20 bytes that were written one by one.',
    `A server that had not sent everything after ${longest} s counts as ${longest} s, and has no other figures.`,
  ],
}

async function measure(turn: Turn, missed: number, count: number): Promise<Row> {
  const { side, server, clients } = turn
  await warmUp(turn, Math.min(missed, 100))
  const { session, subscription } = await server.call('open', side.transport)
  const written = await server.call('write', { session, tokens: missed, perSecond, atMost: 30 })
  const group = await clients.call('connect', { subscription, count })
  const before = await server.call('usage', { collect: false })
  const { characters, chain } = written
  const caught = await clients
    .call('catchUp', { group, characters, chain, within: longest })
    .catch((error: unknown) => {
      if (String(error).includes('did not get all')) return undefined
      throw error
    })
  if (!caught) return { clients: count, took: longest * 1000 }
  const after = await server.call('usage', { collect: false })
  return {
    clients: count,
    took: caught.took,
    cpu: (after.cpu - before.cpu) / count,
    sent: caught.bytes / count / 1000,
  }
}

/** An answer that ten clients miss and catch up with. */
async function warmUp({ side, server, clients }: Turn, tokens: number): Promise<void> {
  const { session, subscription } = await server.call('open', side.transport)
  const order = { session, tokens, perSecond, atMost: 5 }
  const { characters, chain } = await server.call('write', order)
  const group = await clients.call('connect', { subscription, count: 10 })
  await clients.call('catchUp', { group, characters, chain, within: 10 })
  await clients.call('close', group)
}

function goals(missed: number, rows: readonly Row[]): Goal[] {
  return own.flatMap((of) => {
    const transport = of.transport === 'http' ? 'SSE' : 'WebSocket'
    const goal = `${missed.toLocaleString('en')} events behind, ${transport}: time, to the best peer`
    return ratioGoal(goal, rows, { of, to: peers, key: 'took', bound: { most: 0.5 }, heldBackBy })
  })
}
