import { CaughtupError, type EventDraft, type Message, type MessageDraft } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import { memory } from '../engines/memory/index.ts'
import { sqlite } from '../engines/sqlite/index.ts'
import type { StorageFactory } from '../port/storage.ts'
import { createStore, type Store } from '../store.ts'
import { ended, runDrafts, testDatabase } from '../../tests/support/open-test-store.ts'
import { withCalls } from '../../tests/support/test-engines.ts'
import type { StoreUpdate } from './store-update.ts'

/** Every message by session and id, from `store.updates` alone. */
class Index {
  readonly sessions = new Map<string, Map<string, Message>>()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async take(update: StoreUpdate): Promise<void> {
    const { sessionId } = update
    const messages = this.sessions.get(sessionId) ?? new Map<string, Message>()
    this.sessions.set(sessionId, messages)
    const put = (message: Message) => {
      const known = messages.get(message.id)
      if (!known || known.revision < message.revision) messages.set(message.id, message)
    }
    switch (update.type) {
      case 'message':
        return put(update.message)
      case 'imported':
        return update.messages.forEach(put)
      case 'history-restored': {
        for (const { id, order } of messages.values()) if (order > update.after) messages.delete(id)
        return (update.messages ?? (await everything(this.#store, sessionId))).forEach(put)
      }
      case 'message-deleted':
        return void messages.delete(update.messageId)
      case 'message-erased':
        return update.messageIds.forEach((id) => messages.delete(id))
      case 'history-truncated':
        for (const { id, order } of messages.values()) if (order > update.after) messages.delete(id)
        return
      case 'forked':
        return (await everything(this.#store, sessionId)).forEach(put)
      case 'session-deleted':
        this.sessions.delete(sessionId)
    }
  }
}

const givenUp = new Error('given up')
const isRefusal = (error: unknown): error is CaughtupError => error instanceof CaughtupError

/** Every message of a session, of all epochs, newest first, without deleted ones. */
async function everything(store: Store, sessionId: string): Promise<Message[]> {
  const all: Message[] = []
  try {
    for (let before = Number.MAX_SAFE_INTEGER, more = true; more;) {
      const { messages, hasOlder } = await store.page(sessionId, { before })
      all.push(...messages.toReversed())
      before = messages[0]?.order ?? 0
      more = hasOlder
    }
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'NOT_FOUND') throw error
  }
  return all
}

/** Makes one change to a store after the other, as its picks say. */
class Program {
  readonly #store: Store
  readonly #clock: ManualClock
  readonly sessions: string[] = []
  /** Whether forks make no progress. */
  stopped = false
  #ids = 0

  constructor(store: Store, clock: ManualClock) {
    this.#store = store
    this.#clock = clock
  }

  async step(kind: number, pick: number): Promise<void> {
    const store = this.#store
    const sessionId = this.sessions[pick % this.sessions.length]
    if (sessionId === undefined || kind === 0) {
      this.sessions.push((await store.sessions.create({ owner: 'me' })).id)
      return
    }
    const messages = await everything(store, sessionId)
    const message = messages[pick % Math.max(1, messages.length)]
    const { history } = store
    const steps: (() => Promise<unknown> | undefined)[] = [
      () => this.#answer(sessionId, pick % 3 === 0),
      () => this.#answer(sessionId, false),
      () => message && history.edit(sessionId, message.id, { parts: [text(`edit ${pick}`)] }),
      () => message && history.delete(sessionId, message.id),
      () => history.truncate(sessionId, message && pick % 4 > 0 ? { after: message.id } : {}),
      () => history.undo(sessionId),
      () => history.undo(sessionId),
      () => history.redo(sessionId),
      () => message && history.erase(sessionId, [message.id]),
      () => store.reconcile(sessionId, [row(pick), row(pick + 1), row(pick)]),
      () => store.append({ sessionId, drafts: [this.#boundary()], guard: { is: 'idle' } }),
      () => message && this.#fork(sessionId, message.id, pick),
      () => (pick % 3 === 0 ? store.sessions.delete(sessionId) : undefined),
    ]
    await steps[(kind - 1) % steps.length]?.()
  }

  async #answer(sessionId: string, whole: boolean): Promise<void> {
    const id = ++this.#ids
    const run = { runId: `run-${id}`, messageId: `answer-${id}` }
    const started = await this.#store.append({
      sessionId,
      drafts: runDrafts(run),
      guard: { is: 'idle' },
    })
    if (started.refused !== undefined) return
    const writer = this.#store.writer({ sessionId, ...run })
    for (const word of ['One ', 'two ', 'three.']) {
      await writer.write({ type: 'text-delta', text: word })
      if (!whole) await this.#clock.advance(40)
    }
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
  }

  #boundary(): EventDraft {
    const id = `summary-${++this.#ids}`
    const summary: MessageDraft = {
      id,
      role: 'system',
      parts: [text('Summary')],
      metadata: { createdAt: 1 },
      status: 'done',
    }
    return { type: 'boundary', kind: 'compaction', trigger: 'user', summary }
  }

  /** Some forks are given up in the middle and left to maintenance. */
  async #fork(sessionId: string, from: string, pick: number): Promise<void> {
    this.stopped = pick % 2 === 0
    const { session } = await this.#store.history.fork(sessionId, { from, owner: 'me' })
    this.sessions.push(session.id)
  }
}

const text = (value: string) => ({ type: 'text' as const, text: value })
const row = (pick: number) => ({ role: 'user' as const, parts: [text(`row ${pick % 20}`)] })

async function open(storage: StorageFactory, capacity: number) {
  const clock = new ManualClock()
  const store = await createStore({ storage, clock, updates: { capacity } })
  return { store, clock }
}

const engines: [string, () => StorageFactory][] = [
  ['memory', memory],
  ['sqlite', () => sqlite({ path: testDatabase() })],
]

describe.each(engines)('store.updates of %s', (_name, storage) => {
  test('keeps an index equal to the store through all changes', async () => {
    const steps = fc.array(fc.tuple(fc.nat(13), fc.nat(1_000)), { minLength: 5, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (program, capacity) => {
        const engine = withCalls(storage(), (real) => ({
          maintain: async (work) => {
            if ('fork' in work && runner.stopped) throw givenUp
            return real.maintain(work)
          },
        }))
        const { store, clock } = await open(engine, capacity)
        const index = new Index(store)
        const updates = store.updates.subscribe()
        const indexing = (async () => {
          for await (const update of updates) await index.take(update)
        })()
        const runner = new Program(store, clock)
        for (const step of program) {
          await runner.step(...step).catch((error: unknown) => {
            if (!isRefusal(error) && error !== givenUp) throw error
          })
        }
        await clock.advance(60_000)
        await settle()
        expect(updates.missed).toBe(0)
        // Forks that maintenance finished, too.
        const { sessions } = await store.sessions.list('me', { limit: 200 })
        for (const { id } of sessions) {
          const kept = [...(index.sessions.get(id)?.values() ?? [])]
          expect(kept.toSorted((a, b) => b.order - a.order)).toEqual(await everything(store, id))
        }
        const left = new Set(sessions.map(({ id }) => id))
        expect([...index.sessions.keys()].filter((id) => !left.has(id))).toEqual([])
        await store.close()
        await indexing
      }),
      { numRuns: 40 },
    )
  })
})

describe('store.updates', () => {
  const [, prompt] = runDrafts({ runId: 'c', messageId: 'c' }) as [EventDraft, EventDraft]

  async function openOne(storage: StorageFactory = memory()) {
    const { store } = await open(storage, 64)
    onTestFinished(() => store.close())
    const { id: sessionId } = await store.sessions.create({ owner: 'me' })
    const seen: StoreUpdate[] = []
    void (async () => {
      for await (const update of store.updates.subscribe()) seen.push(update)
    })()
    const drafts = (id: string) => runDrafts({ runId: id, messageId: id })
    for (const id of ['a', 'b']) {
      await store.append({ sessionId, drafts: drafts(id) })
      await store
        .writer({ sessionId, runId: id, messageId: id })
        .finish({ reason: 'stop' }, [ended(id)])
    }
    await settle()
    seen.length = 0
    return { store, sessionId, seen }
  }

  test('has each change of history once, in the order of the journal, with its seq', async () => {
    const { store, sessionId, seen } = await openOne()
    const { history } = store
    const edited = await history.edit(sessionId, 'a', { parts: [text('edited')] })
    const undone = await history.undo(sessionId)
    const redone = await history.redo(sessionId)
    const deleted = await history.delete(sessionId, 'b')
    const erased = await history.erase(sessionId, ['a'])
    const truncated = await history.truncate(sessionId, { after: 'a-prompt' })
    await store.reconcile(sessionId, [row(1), row(2)])
    const { session: fork } = await history.fork(sessionId, { from: 'a-prompt', owner: 'me' })
    await store.sessions.delete(sessionId)
    await settle()
    const change = { sessionId }
    expect(seen).toMatchObject([
      { ...change, type: 'message', message: { id: 'a', revision: edited.seq } },
      { ...change, type: 'history-truncated', seq: undone.seq, after: 2, kept: true },
      {
        ...change,
        type: 'history-restored',
        seq: redone.seq,
        after: 2,
        messages: [{ id: 'b-prompt' }, { id: 'b' }],
      },
      { ...change, type: 'message-deleted', seq: deleted.seq, messageId: 'b' },
      { ...change, type: 'message-erased', seq: erased.seq, messageIds: ['a'] },
      { ...change, type: 'history-truncated', seq: truncated.seq, after: 1, kept: false },
      {
        ...change,
        type: 'imported',
        messages: [{ parts: [{ text: 'row 1' }] }, { parts: [{ text: 'row 2' }] }],
      },
      { type: 'forked', sessionId: fork.id, from: sessionId },
      { ...change, type: 'session-deleted' },
    ])
  })

  test('has no update of a session after its end, even if one of its commits returns later', async () => {
    let gate = Promise.resolve()
    const storage = withCalls(memory(), (real) => ({
      commit: async (slices) => {
        const results = await real.commit(slices)
        await gate
        return results
      },
    }))
    const { store, sessionId, seen } = await openOne(storage)
    const held = Promise.withResolvers<void>()
    gate = held.promise
    const appending = store.append({ sessionId, drafts: [prompt] })
    await settle()
    await store.sessions.delete(sessionId)
    held.resolve()
    expect((await appending).refused).toBe('session-missing')
    await settle()
    expect(seen).toEqual([{ type: 'session-deleted', sessionId }])
  })

  test('has no changes of other processes', async () => {
    const path = testDatabase()
    const { store: here, clock } = await open(sqlite({ path }), 64)
    const { store: there } = await open(sqlite({ path }), 64)
    onTestFinished(async () => {
      await here.close()
      await there.close()
    })
    const { id } = await here.sessions.create({ owner: 'me' })
    const told = { here: 0, there: 0 }
    const count = async (of: 'here' | 'there', store: Store) => {
      for await (const _ of store.updates.subscribe()) told[of]++
    }
    void count('here', here)
    void count('there', there)
    await there.reconcile(id, [row(1)])
    await clock.advance(1_000)
    expect(told).toEqual({ here: 0, there: 1 })
  })
})
