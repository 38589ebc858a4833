import { readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

import type { StoreMeter } from '../options/store-meter.ts'
import { StorageError } from '../port/storage-error.ts'
import { ended, openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import { sampleSession } from '../../tests/support/sample-history.ts'
import { engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'

type Options = Parameters<StoreMeter['createHistogram']>[1]
type Callback = Parameters<ReturnType<StoreMeter['createObservableGauge']>['addCallback']>[0]

/** A meter that keeps its figures. */
class TestMeter implements StoreMeter {
  /** Each instrument as a row of the README's table. */
  readonly rows: string[] = []
  readonly records = new Map<string, number[]>()
  readonly #callbacks = new Map<string, Set<Callback>>()

  createHistogram(name: string, options: Options) {
    this.#add(name, 'histogram', options)
    const records: number[] = []
    this.records.set(name, records)
    return { record: (value: number) => void records.push(value) }
  }

  createObservableCounter(name: string, options: Options) {
    this.#add(name, 'counter', options)
    return this.#observable(name)
  }

  createObservableGauge(name: string, options: Options) {
    this.#add(name, 'gauge', options)
    return this.#observable(name)
  }

  /** The values that a collection would find now, with their attributes. */
  observe(): Record<string, number> {
    const observed: Record<string, number> = {}
    for (const [name, callbacks] of this.#callbacks) {
      for (const callback of callbacks) {
        callback({
          observe: (value, attributes) => {
            observed[[name, ...Object.values(attributes ?? {})].join(' ')] = value
          },
        })
      }
    }
    return observed
  }

  #add(name: string, kind: string, { unit, description }: Options): void {
    this.rows.push(`| \`${name}\` | ${kind} | ${unit} | ${description} |`)
  }

  #observable(name: string) {
    const callbacks = new Set<Callback>()
    this.#callbacks.set(name, callbacks)
    return {
      addCallback: (callback: Callback) => void callbacks.add(callback),
      removeCallback: (callback: Callback) => void callbacks.delete(callback),
    }
  }
}

describe('the meter', () => {
  test('shows the same figures as stats() while the store is open', async () => {
    const meter = new TestMeter()
    const { store, clock } = await openTestStore({ meter })
    const run = await startRun(store)
    await store.writer(run).write({ type: 'text-delta', text: 'x' })
    await clock.advance(33)
    const stats = store.stats()
    expect(meter.observe()).toMatchObject({
      'caughtup.store.commits': stats.commits,
      'caughtup.store.events': 4,
      'caughtup.store.event.size': stats.eventBytes,
      'caughtup.store.deltas': 1,
      'caughtup.store.flush.window': stats.flushWindow,
      'caughtup.store.messages.open': 1,
      'caughtup.store.updates.dropped lossy': 0,
      'caughtup.store.updates.dropped must-deliver': 0,
      'caughtup.store.database.size': stats.databaseBytes,
    })
    await store.close()
    expect(meter.observe()).toEqual({})
  })

  test('records each commit: its events, its duration and its wait', async () => {
    const meter = new TestMeter()
    const { store, clock } = await openTestStore({ meter })
    const run = await startRun(store)
    await store.writer(run).write({ type: 'text-delta', text: 'x' })
    await clock.advance(33)
    expect(Object.fromEntries(meter.records)).toEqual({
      'caughtup.store.commit.duration': [0, 0],
      'caughtup.store.commit.events': [3, 1],
      'caughtup.store.flush.wait': [0, 33],
    })
  })

  test('shows the figures of the table in the README, and no others', async () => {
    const meter = new TestMeter()
    await openTestStore({ meter })
    const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8')
    const documented = readme.split('\n').filter((line) => line.startsWith('| `caughtup.'))
    expect(documented.toSorted()).toEqual(meter.rows.toSorted())
  })
})

describe.each(engines)('stats on %s', (engine) => {
  test('show what was written and what is buffered', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write({ type: 'text-delta', text: 'Hello' })
    expect(store.stats()).toMatchObject({ events: 3, openMessages: 1 })
    expect(store.stats().unflushedBytes).toBeGreaterThanOrEqual(5)
    await clock.advance(33)
    expect(store.stats()).toMatchObject({ events: 4, unflushedBytes: 0, flushWait: 33 })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    expect(store.stats()).toMatchObject({ openMessages: 0, flushWait: 0, upkeepFailures: 0 })
  })

  test('show failed maintenance until it succeeds', async () => {
    let fails = true
    const storage = withCalls(testEngine(engine), (real) => ({
      maintain: async (work) => {
        if (fails) throw new StorageError('full', 'disk full')
        return real.maintain(work)
      },
    }))
    const { store, clock } = await openTestStore({ storage })
    await sampleSession(store)
    await clock.advance(50)
    expect(store.stats()).toMatchObject({
      upkeepFailures: 1,
      lastError: expect.stringContaining('disk full'),
    })
    fails = false
    await clock.advance(100)
    expect(store.stats().lastError).toBeUndefined()
  })

  test('count open messages per session, also with equal ids', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const open = async () => {
      const { id } = await store.sessions.create({ owner: 'me' })
      const message = { id: 'same', role: 'assistant', parts: [], status: 'open' } as const
      await store.append({
        sessionId: id,
        drafts: [
          {
            type: 'message-created',
            message: { ...message, parts: [], metadata: { createdAt: 1 } },
          },
        ],
      })
      return id
    }
    const [first, second] = [await open(), await open()]
    expect(store.stats().openMessages).toBe(2)
    await store.sessions.delete(first)
    expect(store.stats().openMessages).toBe(1)
    await store.append({
      sessionId: second,
      drafts: [{ type: 'message-finished', messageId: 'same', reason: 'stop' }],
    })
    expect(store.stats().openMessages).toBe(0)
  })
})

test('packed entries are no longer counted as unpacked', async () => {
  const { store, clock } = await openTestStore()
  await sampleSession(store)
  expect(store.stats().unpackedEvents).toBe(4)
  await clock.advance(60_000)
  expect(store.stats()).toMatchObject({ unpackedEvents: 0, databaseBytes: expect.any(Number) })
  expect(store.stats().databaseBytes).toBeGreaterThan(4_096)
})
