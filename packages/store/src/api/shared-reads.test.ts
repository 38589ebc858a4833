import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { openTestStore } from '../../tests/support/open-test-store.ts'
import { fill, sampleSession } from '../../tests/support/sample-history.ts'
import { engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'
import type { StoredState } from '../port/reading.ts'
import type { Store } from '../store.ts'
import { CurrentStates } from './current-states.ts'
import { SharedReads } from './shared-reads.ts'

/** What a client reads that resumes after seq 1, or opens the session. */
async function readAll(store: Store, sessionId: string) {
  return {
    head: await store.head(sessionId),
    events: await store.events(sessionId, 1, { bytes: 1_000 }),
    entries: await store.journal.list(sessionId, { after: 1, limit: 2 }),
    window: await store.window(sessionId),
  }
}

/** Which of two clients' reads are the same objects. */
function sameObjects<T extends object>(one: T, other: T): string[] {
  const others = new Map<string, unknown>(Object.entries(other))
  return Object.entries(one).flatMap(([name, value]) => (others.get(name) === value ? name : []))
}

const everything = ['head', 'events', 'entries', 'window']

describe.each(engines)('reads of a session on %s', (engine) => {
  test('are shared by clients that come one after another', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    const first = await readAll(store, sessionId)
    expect(sameObjects(first, await readAll(store, sessionId))).toEqual(everything)
    const other = await store.events(sessionId, 2, { bytes: 1_000 })
    expect(other.events).toMatchObject([{ seq: 3 }, { seq: 4 }])
    expect(await store.events(sessionId, 1, { bytes: 1_000 })).toBe(first.events)
  })

  test('are read once for all of them', async () => {
    const calls = { segments: 0, messages: 0 }
    const storage = withCalls(testEngine(engine), (real) => ({
      segments: (...args) => {
        calls.segments++
        return real.segments(...args)
      },
      messages: (...args) => {
        calls.messages++
        return real.messages(...args)
      },
    }))
    const { store } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    for (let client = 0; client < 20; client++) await readAll(store, sessionId)
    expect(calls).toEqual({ segments: 2, messages: 1 })
  })

  test('are new ones after a commit, and after another process wrote', async () => {
    const storage = testEngine(engine)
    const { store } = await openTestStore({ storage })
    const { store: elsewhere } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    for (const [writer, id] of [
      [store, 'u3'],
      [elsewhere, 'u4'],
    ] as const) {
      const before = await readAll(store, sessionId)
      await fill(writer, sessionId, [id])
      const after = await readAll(store, sessionId)
      expect(sameObjects(before, after)).toEqual([])
      expect(after.window.messages.at(-1)).toMatchObject({ id })
      expect(after.head.messageCount).toBe(before.head.messageCount + 1)
      expect(after.events.cursor.seq).toBe(before.events.cursor.seq + 1)
    }
  })

  test('are kept for a second at most', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    const first = await readAll(store, sessionId)
    await clock.advance(999)
    expect(sameObjects(first, await readAll(store, sessionId))).toEqual(everything)
    await clock.advance(1)
    expect(sameObjects(first, await readAll(store, sessionId))).toEqual([])
  })
})

describe('shared reads', () => {
  const state: StoredState = {
    head: { seq: 0, epoch: 0, queue: [], canUndo: false, canRedo: false, next: 0 },
    cursor: { journal: 'j', seq: 0, tag: '' },
    open: [],
    messageCount: 0,
    floor: 0,
  }

  test('a session from which retention removed entries is in another state', async () => {
    let floor = 0
    const states = new CurrentStates(
      { state: async () => ({ ...state, floor }) },
      new ManualClock(),
    )
    const before = await states.of('s')
    expect(await states.of('s')).toBe(before)
    floor = 1
    expect(await states.of('s')).toMatchObject({ floor: 1 })
  })

  test('a failed read is not shared with later callers', async () => {
    const reads = new SharedReads<string>()
    const failing = () => Promise.reject(new Error('busy'))
    await expect(reads.read(state, 'key', failing)).rejects.toThrow('busy')
    expect(await reads.read(state, 'key', async () => 'read')).toBe('read')
  })

  test('keep the newest 64 of a state', async () => {
    const reads = new SharedReads<number>()
    for (let key = 0; key <= 64; key++) await reads.read(state, String(key), async () => key)
    const again = async () => -1
    expect(await reads.read(state, '1', again)).toBe(1)
    expect(await reads.read(state, '0', again)).toBe(-1)
  })
})
