import { statSync } from 'node:fs'
import path from 'node:path'

import type { EventDraft } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

import { openStore } from '../measure/answer.ts'
import { type Bench, type Case, figure, type Goal, type Row } from '../measure/bench.ts'
import { median } from '../measure/median.ts'
import { tokenText } from '../measure/token-text.ts'

const sizes = [100, 10_000, 1_000_000]
const messagesPerCommit = 500
const tokensPerMessage = 40
/** Odd numbers, so that a median is one of the measurements. */
const openings = 11
const readings = 51
/** Above the noise of equal times. */
const flat = 2

export const opening: Bench = {
  name: 'opening',
  question: 'How long a session takes to open, by the number of its messages.',
  columns: [
    { key: 'messages', title: 'messages' },
    { key: 'open', title: 'database opened, median, ms', digits: 1 },
    { key: 'firstWindow', title: 'first window after it, median, ms', digits: 2 },
    { key: 'window', title: 'window, median, ms', digits: 2 },
    { key: 'page', title: 'page of 50, median, ms', digits: 2 },
    { key: 'slowestPage', title: 'slowest page, ms', digits: 2 },
    { key: 'bytes', title: 'database, B per message' },
  ],
  cases: ({ smoke }) =>
    (smoke ? [100, 1_000] : sizes).map((size): Case => ({
      title: `${size} messages`,
      measure: (folder) => measure(folder, size),
    })),
  goals: (rows) => {
    const [shortest, longest] = [rows[0], rows.at(-1)]
    if (!shortest || !longest || shortest === longest) return []
    const keys = { firstWindow: 'the first window', window: 'a window', page: 'a page' }
    return Object.entries(keys).map(([key, what]): Goal => {
      const times = figure(longest, key) / figure(shortest, key)
      return {
        goal: `${what} of ${counted(longest)} messages takes at most ${flat} × one of ${counted(shortest)}`,
        measured: times,
        unit: '×',
        bound: { most: flat },
      }
    })
  },
}

function counted(row: Row): string {
  return figure(row, 'messages').toLocaleString('en')
}

async function measure(folder: string, messages: number): Promise<Row[]> {
  const file = path.join(folder, 'measured.db')
  const filled = await openStore(file)
  const sessionId = await fill(filled, messages)
  await filled.close()

  const opens: number[] = []
  const firstWindows: number[] = []
  for (let time = 0; time < openings; time++) {
    let store: Store | undefined
    opens.push(await timed(async () => (store = await openStore(file))))
    firstWindows.push(await timed(async () => store?.window(sessionId)))
    await store?.close()
  }
  const store = await openStore(file)
  const windows: number[] = []
  const pages: number[] = []
  for (let reading = 0; reading < readings; reading++) {
    windows.push(await timed(() => store.window(sessionId)))
    // Pages from all over the session: the stride shares no factor with round numbers.
    const before = messages - ((reading * 7_919) % Math.ceil(messages / 2))
    pages.push(await timed(() => store.page(sessionId, { before })))
  }
  await store.close()
  const { size } = statSync(file)
  return [
    {
      messages,
      open: median(opens),
      firstWindow: median(firstWindows),
      window: median(windows),
      page: median(pages),
      slowestPage: Math.max(...pages),
      bytes: size / messages,
    },
  ]
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Finished messages of a user and an assistant in turn. */
async function fill(store: Store, messages: number): Promise<string> {
  const { id } = await store.sessions.create({ owner: 'me' })
  for (let first = 0; first < messages; first += messagesPerCommit) {
    const length = Math.min(messagesPerCommit, messages - first)
    const drafts = Array.from({ length }, (_, index) => created(first + index))
    const result = await store.append({ sessionId: id, drafts })
    if (result.refused !== undefined) throw new Error(`Refused: ${result.refused}`)
  }
  return id
}

function created(n: number): EventDraft {
  const words = Array.from({ length: tokensPerMessage }, (_, token) => tokenText(n, token))
  return {
    type: 'message-created',
    message: {
      id: `message-${n}`,
      role: n % 2 === 0 ? 'user' : 'assistant',
      parts: [{ type: 'text', text: words.join('') }],
      metadata: { createdAt: n },
      status: 'done',
    },
  }
}
