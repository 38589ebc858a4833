import path from 'node:path'

import type { Store } from '@caughtup/store'

import { type Answer, finishAnswer, openStore, startAnswer } from '../measure/answer.ts'
import { type Bench, type Case, figure, type Goal, type Row } from '../measure/bench.ts'
import { keptDatabase } from '../measure/kept-database.ts'
import { median } from '../measure/median.ts'
import { tokenText } from '../measure/token-text.ts'

const tokensPerEvent = 2
const eventsPerAnswer = 500
const batchBytes = 1024 * 1024
/** Odd numbers, so that a median is one of the measurements. */
const openings = 11
const readings = 51
/** Above the noise of proportional costs. */
const proportional = 1.5

export const sinceCursor: Bench = {
  name: 'since',
  question: 'What a client that comes back costs, by the number of events that it missed.',
  columns: [
    { key: 'missed', title: 'events missed' },
    { key: 'first', title: 'first after opening, median, ms', digits: 2 },
    { key: 'again', title: 'again, median, ms', digits: 2 },
    { key: 'perEvent', title: 'again, µs per event missed', digits: 2 },
    { key: 'bytes', title: 'bytes sent' },
    { key: 'bytesPerText', title: 'bytes sent per byte of text missed', digits: 2 },
  ],
  cases: ({ smoke }) =>
    (smoke ? [10, 100] : [10, 1_000, 10_000]).map((missed): Case => ({
      title: `${missed} events`,
      measure: (folder) => measure(folder, missed, smoke ? 1_000 : 20_000),
    })),
  goals,
}

function goals(rows: readonly Row[]): Goal[] {
  const [few, some, many] = [10, 1_000, 10_000].map((missed) =>
    rows.find((row) => row['missed'] === missed),
  )
  if (!few || !some || !many) return []
  const share = figure(few, 'first') / figure(some, 'first')
  const perEvent = (what: string, key: string): Goal => {
    const times = figure(many, key) / 10 / figure(some, key)
    return {
      goal: `10,000 events missed: at most ${proportional} × the ${what} per event of 1,000`,
      measured: times,
      unit: '×',
      bound: { most: proportional },
    }
  }
  return [
    {
      goal: '10 events missed: no more time after opening than 1,000',
      measured: share,
      unit: '×',
      bound: { most: 1 },
    },
    perEvent('time after opening', 'first'),
    perEvent('bytes', 'bytes'),
  ]
}

async function measure(folder: string, missed: number, events: number): Promise<Row[]> {
  const file = path.join(folder, 'measured.db')
  const filled = await keptDatabase(`session-of-${events}-events`, file, (store) =>
    fill(store, events),
  )
  const { sessionId, eventText } = filled
  const after = filled.seq - missed

  const firstTimes: number[] = []
  const times: number[] = []
  let bytes = 0
  for (let opening = 0; opening < openings; opening++) {
    const store = await openStore(file)
    const first = await readAll(store, sessionId, after)
    firstTimes.push(first.ms)
    bytes = first.bytes
    for (let reading = 0; reading < readings; reading++) {
      times.push((await readAll(store, sessionId, after)).ms)
    }
    await store.close()
  }
  const again = median(times)
  return [
    {
      missed,
      first: median(firstTimes),
      again,
      perEvent: (again * 1000) / missed,
      bytes,
      bytesPerText: bytes / (missed * eventText),
    },
  ]
}

/** Writes answers one after another, of `eventsPerAnswer` windows each; returns the bytes of text per event, too. */
async function fill(store: Store, events: number) {
  let answer: Answer | undefined
  let text = 0
  let token = 0
  for (let event = 0; event < events; event++) {
    if (event % eventsPerAnswer === 0) {
      if (answer) await finishAnswer(answer)
      answer = await startAnswer(store, event, answer?.sessionId)
    }
    for (let n = 0; n < tokensPerEvent; n++) {
      const delta = tokenText(0, token++)
      text += delta.length
      await answer?.writer.write({ type: 'text-delta', text: delta })
    }
    await store.flushAll()
  }
  if (!answer) throw new Error('The session has no events to miss')
  await finishAnswer(answer)
  const { head } = await store.head(answer.sessionId)
  return { sessionId: answer.sessionId, seq: head.seq, eventText: text / events }
}

/** Reads all events after a seq in batches, as a stream does. */
async function readAll(store: Store, sessionId: string, after: number) {
  const startedAt = performance.now()
  let bytes = 0
  for (let complete = false; !complete;) {
    const batch = await store.events(sessionId, after, { bytes: batchBytes })
    bytes += JSON.stringify(batch.events).length
    after = batch.cursor.seq
    complete = batch.complete
  }
  return { bytes, ms: performance.now() - startedAt }
}
