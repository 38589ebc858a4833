import path from 'node:path'

import { type Bench, type Case, figure, type Goal, ours, type Row } from '../../measure/bench.ts'
import { caughtupStore } from './layouts/caughtup-store.ts'
import { clusteredRows } from './layouts/clustered-rows.ts'
import { control } from './layouts/control.ts'
import type { Layout } from './layouts/layout.ts'
import { tokenRows } from './layouts/token-rows.ts'
import { wholeMessages } from './layouts/whole-messages.ts'
import { sizeAtRest } from './size-at-rest.ts'
import { type Load, streamAnswers } from './stream-answers.ts'

const layouts = {
  control,
  'a write per token': tokenRows,
  'whole message per window': wholeMessages,
  'row per event, clustered': clusteredRows,
  [ours]: caughtupStore,
} satisfies Record<string, (file: string) => Promise<Layout>>

/** Warm-up before the measurement, so that it does not pay for compilation. */
const warmUp = { answers: 100, seconds: 1, secondsBefore: 2 }
/** Of an answer in all. */
const answerSeconds = 10

/** Fewer layouts at a thousand answers: those that rewrite or cluster rows need seconds for each. */
const loads: readonly { answers: number; of: readonly (keyof typeof layouts)[] }[] = [
  {
    answers: 100,
    of: [
      'control',
      'a write per token',
      'whole message per window',
      'row per event, clustered',
      ours,
    ],
  },
  { answers: 1_000, of: ['control', 'a write per token', ours] },
]
const smokeLoads: typeof loads = [{ answers: 20, of: ['control', ours] }]

export const streaming: Bench = {
  name: 'streaming',
  rounds: 2,
  question:
    "What the store's layout costs while answers are streamed at 50 tokens/s each, beside plainer ones.",
  columns: [
    { key: 'answers', title: 'answers at once' },
    { key: 'layout', title: 'layout' },
    { key: 'commits', title: 'commits/s', digits: 1 },
    { key: 'written', title: 'written while streaming, B/B', digits: 1 },
    { key: 'writtenInAll', title: 'written in all, B/B', digits: 1 },
    { key: 'cpu', title: 'CPU while streaming, ms/s', digits: 1 },
    { key: 'cpuInAll', title: 'CPU in all, ms per second of text', digits: 1 },
    { key: 'p50', title: 'delay p50, ms', digits: 1 },
    { key: 'p99', title: 'delay p99, ms', digits: 1 },
    { key: 'finishP99', title: 'delay p99 while finishing, ms', digits: 1 },
    { key: 'rest', title: 'at rest, B/B', digits: 2 },
    { key: 'free', title: 'of it free, B/B', digits: 2 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? smokeLoads : loads).flatMap(({ answers, of }) =>
      of.map((name): Case => ({
        title: `${answers} × ${name}`,
        measure: async (folder) => {
          if (!smoke) await streamAnswers(layouts[name], path.join(folder, 'warm-up.db'), warmUp)
          const secondsBefore = smoke ? seconds : Math.max(0, answerSeconds - seconds)
          return measure(name, path.join(folder, 'measured.db'), {
            answers,
            seconds,
            secondsBefore,
          })
        },
      })),
    ),
  compare,
  goals: (rows) => [...goalsAt100(rows), ...goalsAt1000(rows)],
  charts: [
    {
      name: 'streaming-cpu',
      title: 'CPU while answers are streamed at 50 tokens/s each',
      kind: 'bars',
      x: 'answers',
      y: 'cpu',
      by: 'layout',
      log: true,
    },
    {
      name: 'streaming-written',
      title: 'Bytes written per byte of text, from the first answer to the closed database',
      kind: 'bars',
      x: 'answers',
      y: 'writtenInAll',
      by: 'layout',
      log: true,
    },
  ],
}

async function measure(layout: keyof typeof layouts, file: string, load: Load): Promise<Row[]> {
  const { answers, seconds } = load
  const {
    text,
    streaming: streamed,
    finishing,
    whole,
  } = await streamAnswers(layouts[layout], file, load)
  const streamedText = (text * seconds) / (seconds + load.secondsBefore)
  const rest = layout === 'control' ? { files: 0, free: 0, search: 0 } : sizeAtRest(file)
  return [
    {
      answers,
      layout,
      text,
      commits: streamed.commits / seconds,
      written: streamed.written / streamedText,
      writtenInAll: whole.written / text,
      cpu: streamed.cpu / seconds,
      cpuInAll: whole.cpu / (seconds + load.secondsBefore),
      p50: streamed.p50,
      p99: streamed.p99,
      finishP99: finishing.p99,
      rest: (rest.files - rest.search) / text,
      free: rest.free / text,
    },
  ]
}

/** Subtracts the generator's cost from each row except the control's. */
function compare(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const alone = rows.find(
      ({ answers, layout }) => answers === row['answers'] && layout === 'control',
    )
    if (!alone || row === alone) return row
    const own = (key: string) => [key, figure(row, key) - figure(alone, key)]
    const keys = ['written', 'writtenInAll', 'cpu', 'cpuInAll']
    return { ...row, ...Object.fromEntries(keys.map(own)) }
  })
}

const heldBackBy =
  'a window of 33 ms holds fewer than two tokens of an answer, and has a line of the log for each answer; packing comes on top, a third of it in SQLite. At 1,000 answers the same work costs half as much per token.'

function goalsAt100(rows: readonly Row[]): Goal[] {
  const at100 = (name: keyof typeof layouts) =>
    rows.find(({ answers, layout }) => answers === 100 && layout === name)
  const [store, perToken] = [at100(ours), at100('a write per token')]
  const whole = at100('whole message per window')
  if (!store || !perToken || !whole) return []
  const less = (goal: string, least: number, row: Row, key: string): Goal => {
    const times = figure(row, key) / figure(store, key)
    return { goal, measured: times, unit: '×', digits: 1, bound: { least }, heldBackBy }
  }
  return [
    less('100 answers: ≥ 4 × less CPU while streaming than a write per token', 4, perToken, 'cpu'),
    less('100 answers: ≥ 150 × fewer commits than a write per token', 150, perToken, 'commits'),
    less(
      '100 answers: ≥ 8 × fewer bytes written in all than the whole message per window',
      8,
      whole,
      'writtenInAll',
    ),
    less(
      '100 answers: ≥ 4 × less CPU while streaming than the whole message per window',
      4,
      whole,
      'cpu',
    ),
  ]
}

function goalsAt1000(rows: readonly Row[]): Goal[] {
  const store = rows.find(({ answers, layout }) => answers === 1_000 && layout === ours)
  if (!store) return []
  const [cpu, rest] = [figure(store, 'cpu') / 10, figure(store, 'rest')]
  const goals: Goal[] = [
    {
      goal: '1,000 answers: < 15 % of a core for the store while streaming',
      measured: cpu,
      unit: '%',
      digits: 1,
      bound: { most: 15 },
    },
    {
      goal: '1,000 answers: at most 3 bytes in the file at rest per byte of text',
      measured: rest,
      unit: 'B/B',
      bound: { most: 3 },
    },
  ]
  return [
    ...goals,
    delayBelow20(figure(store, 'p99'), 'while streaming'),
    delayBelow20(figure(store, 'finishP99'), 'while finishing'),
  ]
}

function delayBelow20(p99: number, when: string): Goal {
  return {
    goal: `1,000 answers: event-loop delay p99 < 20 ms ${when}`,
    measured: p99,
    unit: 'ms',
    digits: 1,
    bound: { most: 20 },
  }
}
