import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { type Bench, type Case, figure, ours, type Row } from '../../measure/bench.ts'
import { filledSession } from '../../measure/filled-session.ts'
import { median } from '../../measure/median.ts'
import { openSession } from '../../measure/open-session.ts'
import { installBuilt } from './built-packages.ts'

/** Odd, so that a median is one of the measurements. */
const starts = 9
const messages = 100
const mostMs = 300

interface Side {
  name: string
  script: string
  /** Whether Node may keep compiled code in a folder for the next start. */
  compileCache?: boolean
}

const bare: Side = { name: 'bare node:http', script: 'serve-frame.mjs' }
const sides: readonly Side[] = [
  bare,
  { name: ours, script: 'serve-chat.mjs' },
  { name: `${ours}, NODE_COMPILE_CACHE`, script: 'serve-chat.mjs', compileCache: true },
]

/** In their order: each is measured from the end of the one before, the first from the spawning. */
const stages = [
  { key: 'script', title: 'Node itself' },
  { key: 'imported', title: 'imports' },
  { key: 'opened', title: 'opening the database' },
  { key: 'listening', title: 'listening' },
  { key: 'first', title: 'first request' },
] as const

/** Points in time, in ms since the epoch. */
type Reached = Record<(typeof stages)[number]['key'], number>

export const start: Bench = {
  name: 'start',
  question: 'How long after its start a process sends the first frame of a session.',
  columns: [
    { key: 'side', title: 'server' },
    ...stages.map(({ key, title }) => ({ key, title: `${title}, ms`, digits: 1 })),
    { key: 'whole', title: 'start to the first frame, ms', digits: 1 },
  ],
  cases: ({ smoke }) =>
    sides.map((side): Case => ({
      title: side.name,
      measure: (folder) => measure(folder, side, smoke ? 1 : starts),
    })),
  goals: (rows) =>
    rows
      .filter(({ side }) => side === ours)
      .map((row) => ({
        goal: `the first frame comes within ${mostMs} ms of the start`,
        measured: figure(row, 'whole'),
        unit: 'ms',
        digits: 0,
        bound: { most: mostMs },
      })),
  charts: [
    {
      name: 'start',
      title: 'From the start of the process to the first frame',
      kind: 'bars',
      x: 'side',
      y: 'whole',
      by: 'side',
    },
  ],
  notes: [
    `A process of the built packages opens a database with a session of ${messages} messages, and serves it; the client asks once the server listens. The files are in the page cache.`,
  ],
}

async function measure(folder: string, side: Side, times: number): Promise<Row[]> {
  installBuilt(folder)
  const script = path.join(folder, side.script)
  copyFileSync(path.join(import.meta.dirname, side.script), script)
  const database = path.join(folder, 'measured.db')
  const sessionId = await filledSession(database, messages)
  const environment = side.compileCache ? { NODE_COMPILE_CACHE: path.join(folder, 'cache') } : {}
  const once = () => startOnce([script, database], environment, sessionId)
  // Warm-up: the page cache, and the compile cache.
  await once()
  const measured: Row[] = []
  for (let time = 0; time < times; time++) measured.push(await once())
  const keys = [...stages.map(({ key }) => key), 'whole']
  const medians = keys.map((key) => [key, median(measured.map((row) => figure(row, key)))])
  return [{ side: side.name, ...Object.fromEntries(medians) }]
}

/** How long each stage of one start took, and the whole, in ms. */
async function startOnce(
  args: string[],
  environment: Record<string, string>,
  sessionId: string,
): Promise<Row> {
  const startedAt = now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  const exit = once(child, 'exit')
  try {
    const [line] = await once(createInterface(child.stdout), 'line')
    const said: { url: string; reached: Omit<Reached, 'first'> } = JSON.parse(line)
    const asked = now()
    const { first } = await openSession(said.url, sessionId)
    const reached: Reached = { ...said.reached, first: asked + first }
    let before = startedAt
    const took = stages.map(({ key }) => {
      const ms = reached[key] - before
      before = reached[key]
      return [key, ms]
    })
    return { ...Object.fromEntries(took), whole: reached.first - startedAt }
  } finally {
    child.kill('SIGTERM')
    await exit
  }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
