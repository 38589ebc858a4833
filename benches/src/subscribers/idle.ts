import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

import { type Bench, figure, type Goal, type Row } from '../measure/bench.ts'
import { closeAudience, openAudience } from './measure/answer.ts'
import { eachSide, type Turn } from './measure/each-side.ts'
import { ownGoal } from './measure/goals.ts'
import { bareLoop, bareSocket, caughtupHttp, caughtupSocket, type Side } from './sides/sides.ts'

const wanted = 10_000
const perSession = 100

/** How long a server gets to let go of what it no longer needs, in ms. */
const settling = 500

/** Descriptors that a process needs besides those of its connections. */
const otherFiles = 500

const sides = [caughtupHttp, bareLoop, caughtupSocket, bareSocket]

/** What each side's connections would cost without a server on top. */
const bases: ReadonlyMap<Side, Side> = new Map([
  [caughtupHttp, bareLoop],
  [caughtupSocket, bareSocket],
])

export const idle: Bench = {
  name: 'idle',
  question: 'What a subscriber costs the server while nothing happens.',
  rounds: 1,
  columns: [
    { key: 'side', title: 'server' },
    { key: 'subscribers', title: 'subscribers' },
    { key: 'heap', title: 'heap each, kB', digits: 1 },
    { key: 'rss', title: 'RSS each, kB', digits: 1 },
    { key: 'beyond', title: 'heap each beyond the bare connection, kB', digits: 1 },
    { key: 'cpu', title: 'CPU, % of a core', digits: 1 },
  ],
  cases: ({ smoke }) => [
    {
      title: 'all servers',
      measure: (folder) => {
        const count = smoke ? 20 : possible(wanted)
        return eachSide(sides, { folder }, (turn) => {
          // Nothing happens in a process without a heartbeat.
          const seconds = bases.has(turn.side) ? 20 : 2
          return measure(turn, count, smoke ? 0.2 : seconds)
        })
      },
    },
  ],
  compare: (rows) => rows.map((row) => ({ ...row, beyond: beyond(row, rows) })),
  goals,
  notes: [
    'The heap after a garbage collection, without that of the server alone; a heartbeat goes to each subscriber every 5 s. The subscribers follow sessions of 100 each.',
  ],
}

async function measure(
  { side, server, clients }: Turn,
  count: number,
  seconds: number,
): Promise<Row> {
  const { transport } = side
  const session = { transport, count: Math.min(perSession, count) }
  // The first connections also cost what all later ones share: compiled code, pools.
  await closeAudience(await openAudience({ server, clients }, session))
  await setTimeout(settling)
  const empty = await server.call('usage', { collect: true })
  for (let opened = 0; opened < count; opened += session.count) {
    const { subscription } = await server.call('open', transport)
    const group = await clients.call('connect', { subscription, count: session.count })
    await clients.call('subscribe', group)
  }
  await setTimeout(settling)
  const full = await server.call('usage', { collect: true })
  await setTimeout(seconds * 1000)
  const later = await server.call('usage', { collect: false })
  const each = (key: 'heap' | 'rss') => (full[key] - empty[key]) / count / 1000
  return {
    subscribers: count,
    heap: each('heap'),
    rss: each('rss'),
    cpu: (later.cpu - full.cpu) / seconds / 10,
  }
}

/** As many connections as the limit of open files allows, with a line if they are fewer than wanted. */
function possible(count: number): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const files = Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? Infinity)
  if (files >= count + otherFiles) return count
  const fewer = Math.floor((files - otherFiles) / perSession) * perSession
  process.stderr.write(`Only ${fewer} subscribers: a process may open ${files} files.\n`)
  return fewer
}

function beyond(row: Row, rows: readonly Row[]): number {
  const base = [...bases].find(([side]) => side.name === row['side'])?.[1]
  const bare = rows.find(({ side }) => side === base?.name)
  return bare ? figure(row, 'heap') - figure(bare, 'heap') : 0
}

function goals(rows: readonly Row[]): Goal[] {
  return [...bases.keys()].flatMap((of) => [
    ...ownGoal(`${name(of)}: heap per idle subscriber beyond the bare connection`, rows, {
      of,
      key: 'beyond',
      unit: 'kB',
      most: 5,
      heldBackBy:
        'beside the stream and its place in hub and registry, the request stays, with what oRPC hangs on it: an abort controller, two listeners and the contexts of its closures.',
    }),
    ...ownGoal(`${name(of)}: CPU of the idle server`, rows, {
      of,
      key: 'cpu',
      unit: '% of a core',
      most: 5,
    }),
  ])
}

function name({ transport }: Side): string {
  return transport === 'http' ? 'SSE' : 'WebSocket'
}
