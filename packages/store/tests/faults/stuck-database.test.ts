import { ManualClock, settle } from '@caughtup/schema/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { memory } from '../../src/engines/memory/index.ts'
import { Database } from '../../src/engines/sqlite/file/database.ts'
import { SqliteStorage } from '../../src/engines/sqlite/sqlite-storage.ts'
import type { Slice } from '../../src/port/commit.ts'
import { StorageError, type StorageFailure } from '../../src/port/storage-error.ts'
import type { Storage } from '../../src/port/storage.ts'
import { createStore, type Store } from '../../src/store.ts'
import {
  ended,
  intercepted,
  openTestStore,
  startRun,
  testDatabase,
} from '../support/open-test-store.ts'

/** More than fits into the file's pages. */
const filler = 'x'.repeat(50_000)
const text = (value: string) => ({ type: 'text-delta' as const, text: value })
const unavailable = (reason: string) => ({
  code: 'UNAVAILABLE',
  data: { reason, retryAfter: 3_000 },
})

/** Ways to block a database for long; each returns a function that ends it. */
const outages: {
  what: string
  reason: string
  begin: (db: Database, file: string, fail: (failure?: StorageFailure) => void) => () => void
}[] = [
  {
    what: 'is full',
    reason: 'database-full',
    begin(db) {
      db.get('PRAGMA max_page_count = 1')
      return () => void db.get('PRAGMA max_page_count = 4294967294')
    },
  },
  {
    what: 'is locked by another process',
    reason: 'database-busy',
    begin(_, file) {
      const other = new Database({ path: file, durability: 'normal' })
      other.run('BEGIN IMMEDIATE')
      return () => {
        other.run('COMMIT')
        other.close()
      }
    },
  },
  {
    what: 'became read-only',
    reason: 'database-io',
    begin(db) {
      db.get('PRAGMA query_only = 1')
      return () => void db.get('PRAGMA query_only = 0')
    },
  },
  {
    what: 'fails to read and write',
    reason: 'database-io',
    begin(_db, _file, fail) {
      fail('io')
      return () => fail()
    },
  },
]

async function openOutage(begin: (typeof outages)[number]['begin']) {
  const file = testDatabase()
  const db = new Database({ path: file, durability: 'normal' })
  let failing: StorageFailure | undefined
  const clock = new ManualClock()
  const errors: { error: unknown; where: string }[] = []
  const store = await createStore({
    storage: {
      async open(options) {
        const storage = new SqliteStorage(db, options)
        const commit = (slices: readonly Slice[]): ReturnType<Storage['commit']> => {
          if (failing) throw new StorageError(failing, 'disk I/O error')
          return storage.commit(slices)
        }
        return new Proxy(storage, {
          get(target, property) {
            if (property === 'commit') return async (slices: readonly Slice[]) => commit(slices)
            const member: unknown = Reflect.get(target, property)
            return typeof member === 'function' ? member.bind(target) : member
          },
        })
      },
    },
    clock,
    onError: (error, where) => errors.push({ error, where }),
  })
  let end: (() => void) | undefined
  onTestFinished(async () => {
    end?.()
    await store.close().catch(() => undefined)
  })
  return {
    store,
    clock,
    errors,
    file,
    begin: () => {
      const over = begin(db, file, (failure) => (failing = failure))
      end = () => {
        over()
        end = undefined
      }
    },
    end: () => end?.(),
    /** The database is closed: there is nothing to end. */
    leave: () => (end = undefined),
  }
}

/** The outcome of a call once `ms` have passed, in small steps. */
async function after<T>(clock: ManualClock, ms: number, call: Promise<T>): Promise<T | 'waits'> {
  let outcome: Promise<T> | undefined
  const settled = call.then(
    () => void (outcome = call),
    () => void (outcome = call),
  )
  for (let passed = 0; passed < ms && !outcome; passed += 100) await clock.advance(100)
  await settle()
  void settled
  return outcome ?? 'waits'
}

function waited<T>(outcome: T | 'waits'): T {
  if (outcome === 'waits') throw new Error('It still waits.')
  return outcome
}

const prompt = (id: string) => ({
  type: 'message-created' as const,
  message: {
    id,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: `Hi${filler}` }],
    metadata: { createdAt: 1 },
    status: 'done' as const,
  },
})

const texts = async (store: Store, sessionId: string) =>
  (await store.window(sessionId)).messages.map(({ parts }) =>
    parts.map((part) => ('text' in part ? part.text : '')).join(''),
  )

describe.each(outages)('a database that $what', ({ begin, reason }) => {
  test('is read from its commits, after a bounded wait and then at once', async () => {
    const outage = await openOutage(begin)
    const { store, clock } = outage
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('committed'))
    await store.flushAll()
    outage.begin()
    await writer.write(text(` and not${filler}`))
    const { sessionId, messageId } = run
    const reads: (() => Promise<unknown>)[] = [
      () => store.window(sessionId),
      () => store.page(sessionId),
      () => store.head(sessionId),
      () => store.message(sessionId, messageId),
      () => store.events(sessionId, 0, { bytes: 1_000 }),
      () => store.usage(sessionId),
      () => store.probe(sessionId),
      () => store.journal.list(sessionId),
      () => store.journal.summary(sessionId),
    ]
    const first = store.window(sessionId)
    expect(await after(clock, 2_900, first)).toBe('waits')
    const read = await after(clock, 200, first)
    expect(read).toMatchObject({ messages: [{}, { parts: [{ text: 'committed' }] }] })
    for (const again of reads) expect(await after(clock, 0, again())).not.toBe('waits')
    await store.backup(`${outage.file}.backup`)
    const { store: copy } = await openTestStore({ path: `${outage.file}.backup` })
    expect(await texts(copy, sessionId)).toEqual(['Hi', 'committed'])
    outage.end()
    await clock.advance(2_000)
    expect(await texts(store, sessionId)).toEqual(['Hi', `committed and not${filler}`])
  })

  test('refuses a write after a bounded wait, and never makes it', async () => {
    const outage = await openOutage(begin)
    const { store, clock, errors } = outage
    const { id: sessionId } = await store.sessions.create({ owner: 'me' })
    const { id: target } = await store.sessions.create({ owner: 'me' })
    await store.append({ sessionId, drafts: [prompt('before')] })
    outage.begin()
    const writes = [
      store.append({ sessionId, drafts: [prompt('one')] }),
      store.append({ sessionId, drafts: [prompt('two')] }),
      store.history.edit(sessionId, 'before', {
        parts: [{ type: 'text', text: `edited${filler}` }],
      }),
      store.reconcile(target, [{ role: 'user', parts: [{ type: 'text', text: filler }] }]),
    ]
    const patient = store.append(
      { sessionId, drafts: [prompt('patient')] },
      { maxWaitMs: Infinity },
    )
    const refused = Promise.allSettled(writes)
    for (const outcome of waited(await after(clock, 3_100, refused))) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable(reason) })
    }
    expect(errors).toMatchObject([{ where: 'writing to the database' }])
    outage.end()
    await clock.advance(2_000)
    expect((await patient).refused).toBeUndefined()
    expect(store.stats().unflushedBytes).toBe(0)
    expect((await store.window(sessionId)).messages.map(({ id }) => id)).toEqual([
      'before',
      'patient',
    ])
    // Now the same counts as the first time again.
    await store.append({ sessionId, drafts: [prompt('one')] })
    expect((await store.window(sessionId)).messages.at(-1)?.id).toBe('one')
  })

  test('is closed in bounded time, and fails every pending write', async () => {
    const outage = await openOutage(begin)
    const { store, clock } = outage
    const runs = [await startRun(store), await startRun(store)]
    const [first, second] = runs.map((run) => store.writer(run))
    outage.begin()
    await first!.write(text(`lost${filler}`))
    const finishing = second!.finish({ reason: 'stop' }, [ended(runs[1]!.runId)])
    const lost = { code: 'UNAVAILABLE', data: { reason: 'not-written' } }
    const waiting = Promise.allSettled([finishing, store.flushAll()])
    const closing = store.close()
    expect(await after(clock, 4_900, closing)).toBe('waits')
    outage.leave()
    const error = await after(clock, 6_000, closing).catch((reason: Error) => reason)
    expect(error).toMatchObject({
      ...lost,
      message: expect.stringContaining(`2 sessions: ${runs[0]!.sessionId}, ${runs[1]!.sessionId}`),
    })
    const failed = { status: 'rejected', reason: lost }
    expect(await waiting).toMatchObject([failed, failed])
  })
})

test('a write that the database does not answer may still be made, and its error says so', async () => {
  const file = testDatabase()
  let gate: Promise<void> | undefined
  const storage = intercepted(file, async (commit, slices) => {
    await gate
    return commit(slices)
  })
  const { store, clock } = await openTestStore({ path: file, storage })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  const appending = store.append({ sessionId, drafts: [prompt('one')] })
  await expect(after(clock, 3_100, appending)).rejects.toMatchObject({
    ...unavailable('outcome-unknown'),
    message: expect.stringContaining('may still be written'),
  })
  gate = undefined
  resolve()
  await clock.advance(100)
  expect(await store.append({ sessionId, drafts: [prompt('one')] })).toEqual({
    refused: 'message-exists',
  })
})

test('a program that blocks its process is not mistaken for a stuck database', async () => {
  const store = await createStore({ storage: memory(), flush: { maxWaitMs: 20 } })
  onTestFinished(() => store.close())
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  // From here on timers fire before the end of the turn in which a commit was made.
  await settle()
  await store.append({ sessionId, drafts: [prompt('one')] })
  const appending = store.append({ sessionId, drafts: [prompt('two')] })
  const reading = store.window(sessionId)
  const startedAt = performance.now()
  while (performance.now() - startedAt < 60);
  expect((await appending).refused).toBeUndefined()
  expect((await reading).messages).toHaveLength(2)
})
