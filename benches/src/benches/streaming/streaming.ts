import path from 'node:path'

import { type Bench, type Case, figure, type Goal, type Row } from '../../measure/bench.ts'
import { caughtupStore } from './layouts/caughtup-store.ts'
import { clusteredRows } from './layouts/clustered-rows.ts'
import { control } from './layouts/control.ts'
import type { Layout } from './layouts/layout.ts'
import { tokenRows } from './layouts/token-rows.ts'
import { wholeMessages } from './layouts/whole-messages.ts'
import { sizeAtRest } from './size-at-rest.ts'
import { streamAnswers } from './stream-answers.ts'

const layouts = {
  control,
  'a write per token': tokenRows,
  'whole message per window': wholeMessages,
  'row per event, clustered': clusteredRows,
  store: caughtupStore,
} satisfies Record<string, (file: string) => Promise<Layout>>

/** Warm-up before the measurement, so that a few answers do not pay for compilation. */
const warmUp = { answers: 100, mostSeconds: 4 }

export const streaming: Bench = {
  name: 'streaming',
  question:
    "What the store's layout costs while answers are streamed at 50 tokens/s each, beside plainer ones.",
  columns: [
    { key: 'answers', title: 'answers at once' },
    { key: 'layout', title: 'layout' },
    { key: 'commits', title: 'commits/s', digits: 1 },
    { key: 'written', title: 'written while streaming, B/B', digits: 1 },
    { key: 'writtenInAll', title: 'written in all, B/B', digits: 1 },
    { key: 'cpu', title: 'CPU while streaming, ms/s', digits: 1 },
    { key: 'cpuInAll', title: 'CPU in all, ms/s', digits: 1 },
    { key: 'p50', title: 'delay p50, ms', digits: 1 },
    { key: 'p99', title: 'delay p99, ms', digits: 1 },
    { key: 'finishP99', title: 'delay p99 while finishing, ms', digits: 1 },
    { key: 'rest', title: 'at rest, B/B', digits: 2 },
    { key: 'free', title: 'of it free, B/B', digits: 2 },
  ],
  cases: ({ smoke, seconds }) =>
    (smoke ? [20] : [1, 10, 100, 1_000]).flatMap((answers) =>
      Object.entries(layouts).map(([name, open]): Case => ({
        title: `${answers} × ${name}`,
        measure: (folder) => measure(name, open, folder, { answers, seconds }),
      })),
    ),
  compare,
  goals: (rows) => [...goalsAt100(rows), ...goalsAt1000(rows)],
}

async function measure(
  layout: string,
  open: (file: string) => Promise<Layout>,
  folder: string,
  { answers, seconds }: { answers: number; seconds: number },
): Promise<Row[]> {
  await streamAnswers(open, path.join(folder, 'warm-up.db'), {
    answers: warmUp.answers,
    seconds: Math.min(seconds, warmUp.mostSeconds),
  })
  const file = path.join(folder, 'measured.db')
  const {
    text,
    streaming: streamed,
    finishing,
    whole,
  } = await streamAnswers(open, file, {
    answers,
    seconds,
  })
  const rest = open === control ? { files: 0, free: 0, search: 0 } : sizeAtRest(file)
  return [
    {
      answers,
      layout,
      text,
      commits: streamed.commits / seconds,
      written: streamed.written / text,
      writtenInAll: whole.written / text,
      cpu: streamed.cpu / seconds,
      cpuInAll: whole.cpu / seconds,
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

function goalsAt100(rows: readonly Row[]): Goal[] {
  const at100 = (name: keyof typeof layouts) =>
    rows.find(({ answers, layout }) => answers === 100 && layout === name)
  const [store, perToken] = [at100('store'), at100('a write per token')]
  const whole = at100('whole message per window')
  if (!store || !perToken || !whole) return []
  const less = (goal: string, least: number, row: Row, key: string): Goal => {
    const times = figure(row, key) / figure(store, key)
    return { goal, measured: times, unit: '×', digits: 1, bound: { least } }
  }
  return [
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
  const store = rows.find(({ answers, layout }) => answers === 1_000 && layout === 'store')
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
