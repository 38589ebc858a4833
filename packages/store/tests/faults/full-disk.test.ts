import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { Database } from '../../src/engines/sqlite/file/database.ts'
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { SqliteStorage } from '../../src/engines/sqlite/sqlite-storage.ts'
import type { StorageFactory } from '../../src/port/storage.ts'
import { createStore, type Store } from '../../src/store.ts'
import { ended, startRun, testDatabase } from '../support/open-test-store.ts'

const KiB = 1_024
const maxUnflushedBytes = 64 * KiB
const chunk = 'x'.repeat(8 * KiB)
/** Longer than the longest window and the longest pause between two tries. */
const aWhile = 5_000

/** A store whose database can be kept from growing, as on a full disk. */
async function openLimited() {
  const file = testDatabase()
  const db = new Database({ path: file, durability: 'normal' })
  const storage: StorageFactory = {
    async open(options) {
      return new SqliteStorage(db, options)
    },
  }
  const limitPages = (pages: number) => db.get(`PRAGMA max_page_count = ${pages}`)
  return {
    file,
    ...(await openHeldBack(storage)),
    fill: () => void limitPages(1),
    makeRoom: () => void limitPages(0xffff_fffe),
  }
}

async function openHeldBack(storage: StorageFactory) {
  const clock = new ManualClock()
  const store = await createStore({ storage, clock, flush: { maxUnflushedBytes } })
  onTestFinished(() => store.close())
  return { store, clock }
}

/** Lets time pass in small steps, so that resumed agents can write. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) await clock.advance(100)
}

/** Agents that write as fast as the store allows; `given` is the text of each so far. */
function writeOn(store: Store, runs: readonly Awaited<ReturnType<typeof startRun>>[]) {
  const given = new Map(runs.map(({ messageId }) => [messageId, '']))
  let stopped = false
  const writing = runs.map(async (run) => {
    const writer = store.writer(run)
    for (let n = 0; !stopped; n++) {
      const text = `${n}${chunk}`
      given.set(run.messageId, given.get(run.messageId) + text)
      await writer.write({ type: 'text-delta', text })
      await settle()
    }
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  })
  const stop = () => {
    stopped = true
    return Promise.all(writing)
  }
  return { given, stop }
}

async function textOf(store: Store, sessionId: string, messageId: string): Promise<string> {
  const message = await store.message(sessionId, messageId)
  return (message?.parts ?? []).map((part) => ('text' in part ? part.text : '')).join('')
}

describe('a full disk', () => {
  test('slows agents down, loses nothing, and recovers when there is room', async () => {
    const { file, store, clock, fill, makeRoom } = await openLimited()
    const runs = await Promise.all([startRun(store), startRun(store), startRun(store)])
    const { given, stop } = writeOn(store, runs)
    await pass(clock, aWhile)
    fill()
    const lengths = () => [...given.values()].map((text) => text.length)
    let heldBack: number[]
    do {
      // Space that maintenance frees is written until nothing is left.
      heldBack = lengths()
      await pass(clock, 10 * aWhile)
    } while (lengths().some((length, index) => length !== heldBack[index]))
    const stats = store.stats()
    expect(stats.unflushedBytes).toBeGreaterThan(maxUnflushedBytes)
    expect(stats.unflushedBytes).toBeLessThan(maxUnflushedBytes + (runs.length + 1) * chunk.length)
    expect(stats.retries).toBeGreaterThan(10)
    expect(stats.lastError).toContain('full')

    makeRoom()
    await pass(clock, aWhile)
    expect(lengths().every((length, index) => length > heldBack[index]!)).toBe(true)
    const stopping = stop()
    await pass(clock, aWhile)
    await stopping
    expect(store.stats().unflushedBytes).toBe(0)
    expect(store.stats().lastError).toBeUndefined()
    await store.close()
    const { store: again } = await openHeldBack(sqlite({ path: file }))
    for (const { sessionId, messageId } of runs) {
      expect((await textOf(again, sessionId, messageId)) === given.get(messageId)).toBe(true)
    }
  })

  test('delays calls that must be on disk before they return', async () => {
    const { store, clock, fill, makeRoom } = await openLimited()
    const run = await startRun(store)
    fill()
    let finished = false
    const writer = store.writer(run)
    await writer.write({ type: 'text-delta', text: chunk })
    const finish = writer.finish({ reason: 'stop' }).then(() => (finished = true))
    await pass(clock, aWhile)
    expect(finished).toBe(false)
    makeRoom()
    await pass(clock, aWhile)
    await finish
    expect((await store.message(run.sessionId, run.messageId))?.status).toBe('done')
  })

  test('keeps its content readable, and its followers undisturbed', async () => {
    const { store, clock, fill, makeRoom } = await openLimited()
    const [run, other] = await Promise.all([startRun(store), startRun(store)])
    const controller = new AbortController()
    const batches = store.follow(run.sessionId, 0, controller)
    const first = await batches.next()
    fill()
    await store.writer(run).write({ type: 'text-delta', text: chunk })
    const next = batches.next()
    await pass(clock, aWhile)
    expect((await store.window(other.sessionId)).messages).toHaveLength(2)
    await expect(
      store.window(run.sessionId, { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough')
    makeRoom()
    await pass(clock, aWhile)
    expect((await next).value?.events).toMatchObject([{ from: first.value!.cursor.seq + 1 }])
    controller.abort()
  })

  test('makes maintenance wait and retry, visible only in stats', async () => {
    const { store, clock, fill, makeRoom } = await openLimited()
    const run = await startRun(store)
    const writer = store.writer(run)
    for (let n = 0; n < 20; n++) await writer.write({ type: 'text-delta', text: `${n}${chunk}` })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    fill()
    await pass(clock, aWhile)
    expect(store.stats().upkeepFailures).toBeGreaterThan(1)
    expect(store.stats().unpackedEvents).toBeGreaterThan(0)
    makeRoom()
    await pass(clock, 120_000)
    expect(store.stats().unpackedEvents).toBe(0)
  })
})
