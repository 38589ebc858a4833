import { createHash, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { systemClock } from '@caughtup/schema/clock'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import { settle } from '@caughtup/schema/testing'
import { expect, onTestFinished, test } from 'vitest'

import { figure } from '../support/long.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { createStore } from '../../src/store.ts'
import { ended, startRun, testDatabase } from '../support/open-test-store.ts'

const MB = 1024 * 1024
const turns = 100
const writesPerTurn = 8
/** The most bytes that store and engine may hold besides the pending writes. */
const most = 8 * MB

/** The reachable bytes of objects and buffers. */
async function reachable(): Promise<number> {
  setFlagsFromString('--expose-gc')
  // The flag adds `gc` to contexts that are created later.
  const gc = runInNewContext('gc') as () => void
  gc()
  // Collected buffers are freed a little later.
  await settle()
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('a reader that stalls for 100 MB costs no memory, and then gets everything', async () => {
  const store = await createStore({
    storage: sqlite({ path: testDatabase() }),
    clock: systemClock,
    flush: { windowMs: 0 },
  })
  onTestFinished(() => store.close())
  const { id } = await store.sessions.create({ owner: 'me' })
  const controller = new AbortController()
  const batches = store.follow(id, 0, controller)
  // It follows, and stops reading.
  await startRun(store, id).then((run) =>
    store.append({ sessionId: id, drafts: [ended(run.runId)] }),
  )
  let view: View = emptyView
  const read = async () => {
    const { value } = await batches.next()
    if (!value) throw new Error('The follower ended early.')
    for (const event of value.events) view = applyEvent(view, event).view
    return JSON.stringify(value.events).length
  }
  await read()

  const hashes: string[] = []
  const before = await reachable()
  let held = 0
  for (let turn = 1; turn <= turns; turn++) {
    const run = await startRun(store, id)
    const writer = store.writer(run)
    const hash = createHash('sha256')
    for (let i = 0; i < writesPerTurn; i++) {
      const text = randomBytes(((MB / writesPerTurn) * 3) / 4).toString('base64')
      hash.update(text)
      await writer.write({ type: 'text-delta', text })
    }
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    hashes.push(hash.digest('hex'))
    if (turn % 10 === 0) held = Math.max(held, (await reachable()) - before)
  }
  figure(`${(held / MB).toFixed(1)} MB held while a reader stalls for ${turns} MB`)
  expect(held).toBeLessThan(most)

  const { cursor } = await store.head(id)
  let largest = 0
  while (view.seq < cursor.seq) largest = Math.max(largest, await read())
  controller.abort()
  // A batch ends with the event that fills its 1 MiB.
  expect(largest).toBeLessThan(2 * MB)
  const answers = view.messages.filter(({ status, parts }) => status === 'done' && parts.length > 0)
  const found = answers.flatMap(({ role, parts: [part] }) =>
    role === 'assistant' && part?.type === 'text'
      ? createHash('sha256').update(part.text).digest('hex')
      : [],
  )
  expect(found).toEqual(hashes)
}, 120_000)
