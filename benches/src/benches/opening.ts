import { statSync } from 'node:fs'
import path from 'node:path'

import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'

import { openStore } from '../measure/answer.ts'
import { type Bench, type Case, figure, type Goal, ours, type Row } from '../measure/bench.ts'
import { filledSession } from '../measure/filled-session.ts'
import { median } from '../measure/median.ts'
import { openSession } from '../measure/open-session.ts'

const sizes = [100, 10_000, 1_000_000]
/** Odd numbers, so that a median is one of the measurements. */
const starts = 15
const openings = 15
/** Above the noise of equal times. */
const flat = 1.2
const mostMs = 10

export const opening: Bench = {
  name: 'opening',
  question: 'How long a session takes to open over HTTP, by the number of its messages.',
  columns: [
    { key: 'messages', title: 'messages' },
    { key: 'first', title: 'first frame, ms', digits: 2 },
    { key: 'caughtUp', title: 'caught up, ms', digits: 2 },
    { key: 'firstAfterStart', title: 'first frame after opening the database, ms', digits: 2 },
    { key: 'caughtUpAfterStart', title: 'caught up after opening it, ms', digits: 2 },
    { key: 'page', title: 'older page of 50 from the store, ms', digits: 2 },
    { key: 'bytes', title: 'database, B per message' },
  ],
  cases: ({ smoke }) =>
    (smoke ? [100, 1_000] : sizes).map((size): Case => ({
      title: `${size} messages`,
      measure: (folder) => measure(path.join(folder, 'measured.db'), size, smoke ? 1 : starts),
    })),
  goals: (rows) => {
    const [shortest, longest] = [rows[0], rows.at(-1)]
    if (!shortest || !longest || shortest === longest) return []
    return Object.entries({ '': '', AfterStart: ' after opening the database' }).flatMap(
      ([suffix, when]): Goal[] => [
        {
          goal: `${messagesOf(longest)} messages: the first frame${when} comes within ${mostMs} ms`,
          measured: figure(longest, `first${suffix}`),
          unit: 'ms',
          bound: { most: mostMs },
        },
        ...Object.entries({ first: 'the first frame', caughtUp: 'all that is shown' }).map(
          ([key, what]): Goal => ({
            goal: `${what}${when} of ${messagesOf(longest)} messages takes at most ${flat} × that of ${messagesOf(shortest)}`,
            measured: figure(longest, key + suffix) / figure(shortest, key + suffix),
            unit: '×',
            bound: { most: flat },
          }),
        ),
      ],
    )
  },
  charts: [
    {
      name: 'opening',
      title: 'Opening a session over HTTP, after opening the database',
      kind: 'lines',
      x: 'messages',
      y: 'firstAfterStart',
      by: 'side',
    },
  ],
  notes: [
    'Server and client share a process, so a time includes the cost of both.',
    'What a fresh client shows is a window: at most 100 messages (`limits.windowMessages`).',
  ],
}

function messagesOf(row: Row): string {
  return figure(row, 'messages').toLocaleString('en')
}

async function measure(file: string, messages: number, times: number): Promise<Row[]> {
  const sessionId = await filledSession(file, messages)
  const afterStart: Measured[] = []
  const later: Measured[] = []
  const pages: number[] = []
  for (let start = 0; start < times; start++) {
    const store = await openStore(file)
    const chat = createChatServer({ store, agent: async function* () {}, principal: () => me })
    const serving = await serve(chat)
    afterStart.push(await openSession(serving.url, sessionId))
    for (let again = 0; again < openings; again++) {
      later.push(await openSession(serving.url, sessionId))
      // Pages from all over the session: the stride shares no factor with round numbers.
      const before = messages - ((pages.length * 7_919) % Math.ceil(messages / 2))
      const startedAt = performance.now()
      await store.page(sessionId, { before })
      pages.push(performance.now() - startedAt)
    }
    await serving.close()
    await store.close()
  }
  const { size } = statSync(file)
  return [
    {
      side: ours,
      messages,
      first: median(later.map(({ first }) => first)),
      caughtUp: median(later.map(({ caughtUp }) => caughtUp)),
      firstAfterStart: median(afterStart.map(({ first }) => first)),
      caughtUpAfterStart: median(afterStart.map(({ caughtUp }) => caughtUp)),
      page: median(pages),
      bytes: size / messages,
    },
  ]
}

const me = { id: 'me' }

type Measured = Awaited<ReturnType<typeof openSession>>
