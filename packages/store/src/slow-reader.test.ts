import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { expect, test } from 'vitest'

import { ended, openTestStore, startRun } from './testing/open-test-store.ts'

const MB = 1024 * 1024

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  // The flag adds `gc` to contexts made after it.
  const gc = runInNewContext('gc') as () => void
  gc()
  return process.memoryUsage().heapUsed
}

test('a reader that stalls for 100 MB costs no memory, and then gets everything', async () => {
  const { store } = await openTestStore({ flush: { windowMs: 0 } })
  const { id } = await store.sessions.create({ owner: 'me' })
  const controller = new AbortController()
  const batches = store.follow(id, 0, { signal: controller.signal })
  const chunk = 'x'.repeat(MB / 8)
  const before = heapUsed()
  for (let turn = 0; turn < 100; turn++) {
    const run = await startRun(store, id)
    const writer = store.writer(run)
    for (let i = 0; i < 8; i++) await writer.write({ type: 'text-delta', text: chunk })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  }
  expect((heapUsed() - before) / MB).toBeLessThan(8)

  const { cursor } = await store.head(id)
  let view: View = emptyView
  let largest = 0
  while (view.seq < cursor.seq) {
    const { value } = await batches.next()
    if (!value) throw new Error('The follower ended early.')
    largest = Math.max(largest, JSON.stringify(value.events).length)
    for (const event of value.events) view = applyEvent(view, event).view
  }
  controller.abort()
  // A batch ends with the event that fills its 1 MiB.
  expect(largest / MB).toBeLessThan(2)
  const answers = view.messages.filter(({ role }) => role === 'assistant')
  expect(answers).toHaveLength(100)
  for (const { parts } of answers) expect(parts[0]).toMatchObject({ text: chunk.repeat(8) })
}, 60_000)
