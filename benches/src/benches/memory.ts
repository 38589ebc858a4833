import path from 'node:path'

import type { Store } from '@caughtup/store'

import { openStore, startAnswer } from '../measure/answer.ts'
import type { Bench, Case, Row } from '../measure/bench.ts'
import { tokenText } from '../measure/token-text.ts'

/** About 1 KB of text. */
const tokensPerMessage = 200

export const memory: Bench = {
  name: 'memory',
  question: 'What the heap holds for each session that is followed, and for each open message.',
  rounds: 1,
  columns: [
    { key: 'what', title: 'of what' },
    { key: 'count', title: 'measured with' },
    { key: 'bytes', title: 'heap, bytes each' },
  ],
  cases: ({ smoke }) =>
    [
      { what: 'idle session with a follower', count: 10_000, grow: followSession },
      { what: 'open message of 1 KB, not followed', count: 1_000, grow: openMessage },
    ].map(({ what, count, grow }): Case => {
      const measured = smoke ? count / 50 : count
      return { title: what, measure: (folder) => measure(folder, what, measured, grow) }
    }),
  goals: () => [],
}

async function measure(
  folder: string,
  what: string,
  count: number,
  grow: (store: Store, n: number) => Promise<void>,
): Promise<Row[]> {
  const store = await openStore(path.join(folder, 'measured.db'))
  // Warm-up: the first ones also allocate statements and compiled code.
  const first = Math.ceil(count / 10)
  for (let n = 0; n < first; n++) await grow(store, n)
  const before = heapUsed()
  for (let n = first; n < first + count; n++) await grow(store, n)
  const bytes = (heapUsed() - before) / count
  await store.close()
  return [{ what, count, bytes }]
}

async function followSession(store: Store): Promise<void> {
  const { id } = await store.sessions.create({ owner: 'me' })
  const batches = store.follow(id, 0, { signal: new AbortController().signal })
  // The follower waits for its first batch until the store is closed.
  void batches.next()
  await store.head(id)
}

async function openMessage(store: Store, n: number): Promise<void> {
  const { writer } = await startAnswer(store, n)
  for (let token = 0; token < tokensPerMessage; token++) {
    await writer.write({ type: 'text-delta', text: tokenText(n, token) })
  }
  await store.flushAll()
}

/** The heap after a collection, without SQLite's page cache. */
function heapUsed(): number {
  if (!globalThis.gc) throw new Error('Start the bench with --expose-gc')
  globalThis.gc()
  const { heapUsed: heap, external } = process.memoryUsage()
  return heap + external
}
