import path from 'node:path'

import { finishAnswer, openStore, startAnswer } from '../measure/answer.ts'
import { type Bench, type Case, figure, type Row } from '../measure/bench.ts'
import { since, spent } from '../measure/spent.ts'
import { tokenText } from '../measure/token-text.ts'

/** Tokens of a fast model in one flush window: about 240 a second. */
const tokensPerWindow = 8
const tenths = 10
/** Warm-up, so that the first tenth does not pay for compilation. */
const warmUpBytes = 1_000_000
/** Above the noise of equal costs. */
const flat = 1.5

export const longAnswer: Bench = {
  name: 'long-answer',
  rounds: 2,
  question: 'What a token of a very long answer costs, in each tenth of it.',
  columns: [
    { key: 'size', title: 'answer, MB', digits: 1 },
    { key: 'figure', title: 'figure' },
    ...Array.from({ length: tenths }, (_, tenth) => ({
      key: `tenth${tenth}`,
      title: `${tenth + 1}`,
      digits: 1,
    })),
  ],
  cases: ({ smoke }) =>
    (smoke ? [100_000] : [1_000_000, 4_000_000]).map((bytes): Case => ({
      title: `${bytes / 1_000_000} MB`,
      measure: (folder) => measure(folder, bytes, smoke ? bytes / 10 : warmUpBytes),
    })),
  goals: (rows) =>
    rows.map((row) => {
      const times = figure(row, `tenth${tenths - 1}`) / figure(row, 'tenth0')
      return {
        goal: `${row['size']} MB: the last tenth costs at most ${flat} × the first (${row['figure']})`,
        measured: times,
        unit: '×',
        bound: { most: flat },
        heldBackBy:
          'a session is packed whenever it has a megabyte that is not, so that it stays bounded in memory. An answer of 1 MB has that once, in its last tenth; one of 4 MB has it now and then.',
      }
    }),
}

async function measure(folder: string, bytes: number, warmUp: number): Promise<Row[]> {
  const store = await openStore(path.join(folder, 'measured.db'))
  const first = await startAnswer(store, 0)
  await stream(warmUp, first.writer)
  await finishAnswer(first)
  const answer = await startAnswer(store, 1)
  const cpu: Record<string, number> = {}
  const written: Record<string, number> = {}
  for (let tenth = 0; tenth < tenths; tenth++) {
    const before = spent()
    const streamed = await stream(bytes / tenths, answer.writer)
    const cost = since(before)
    cpu[`tenth${tenth}`] = (cost.cpu * 1000) / streamed.tokens
    written[`tenth${tenth}`] = cost.written / streamed.bytes
  }
  await finishAnswer(answer)
  await store.close()
  const size = bytes / 1_000_000
  return [
    { size, figure: 'CPU, µs per token', ...cpu },
    { size, figure: 'written, bytes per byte of text', ...written },
  ]

  /** Windows end when they are full, not by the clock, so that an hour's answer takes seconds. */
  async function stream(most: number, writer: typeof first.writer) {
    const streamed = { tokens: 0, bytes: 0 }
    while (streamed.bytes < most) {
      const text = tokenText(0, streamed.tokens++)
      streamed.bytes += text.length
      await writer.write({ type: 'text-delta', text })
      if (streamed.tokens % tokensPerWindow === 0) await store.flushAll()
    }
    await store.flushAll()
    return streamed
  }
}
