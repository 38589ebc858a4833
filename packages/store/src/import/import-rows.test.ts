import { describe, expect, onTestFinished, test } from 'vitest'

import type { ImportedRow } from './imported-row.ts'
import { identify } from './identify.ts'
import type { Reconciled } from './reconciled.ts'
import type { Store } from '../store.ts'
import { type CrashableEngine, crashableEngines } from '../../tests/support/crashable-engine.ts'
import {
  ended,
  intercepted,
  openTestStore,
  startRun,
  testDatabase,
  type TestRun,
} from '../../tests/support/open-test-store.ts'
import { fill, sampleSession, shownIds } from '../../tests/support/sample-history.ts'
import { engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'

function row(text: string, rest: Partial<ImportedRow> = {}): ImportedRow {
  return { role: 'user', parts: [{ type: 'text', text }], ...rest }
}

function outcome(some: Partial<Reconciled>): Reconciled {
  return { added: 0, known: 0, changed: 0, incomplete: 0, notKept: {}, ...some }
}

async function texts(store: Store, sessionId: string): Promise<string[]> {
  const { messages } = await store.window(sessionId)
  return messages.map(({ parts: [part] }) => (part && 'text' in part ? part.text : ''))
}

const manyNames = Array.from({ length: 120 }, (_, index) => [`name${index}`, index] as const)

const transcript = [
  row('Hi', { createdAt: 1000 }),
  row('Hello!', { role: 'assistant', createdAt: 2000 }),
  row('Hi', { createdAt: 3000 }),
  row('again', { createdAt: 3000 }),
  row('again', { createdAt: 3000 }),
]

describe.each(engines)('an imported transcript on %s', (engine) => {
  const open = async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { id } = await store.sessions.create({ owner: 'me' })
    return { store, id }
  }

  test('is appended in its own order and in one commit', async () => {
    const { store, id } = await open()
    await fill(store, id, ['u1', 'a1'])
    const { commits } = store.stats()
    expect(await store.reconcile(id, transcript)).toEqual(outcome({ added: 5 }))
    expect(store.stats().commits).toBe(commits + 1)
    expect((await texts(store, id)).slice(2)).toEqual(['Hi', 'Hello!', 'Hi', 'again', 'again'])
    const { messages, head } = await store.window(id)
    expect(messages.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(messages[3]).toMatchObject({ status: 'done', metadata: { createdAt: 2000 } })
    expect(head).toMatchObject({ seq: 3, canUndo: true })
    expect(await store.journal.event(id, 3)).toMatchObject({ type: 'imported', count: 5 })
  })

  test('adds nothing again, and only the new rows when it has grown', async () => {
    const { store, id } = await open()
    await store.reconcile(id, transcript.slice(0, 4))
    const { cursor } = await store.head(id)
    expect(await store.reconcile(id, transcript.slice(0, 4))).toEqual(outcome({ known: 4 }))
    expect((await store.head(id)).cursor).toEqual(cursor)
    expect(await store.reconcile(id, transcript)).toMatchObject({ added: 1, known: 4 })
    expect(await texts(store, id)).toEqual(['Hi', 'Hello!', 'Hi', 'again', 'again'])
  })

  test('leaves edited messages as they are, and does not bring back removed ones', async () => {
    const { store, id } = await open()
    const rows = transcript.map((each, n) => ({ ...each, ...(n > 2 && { id: `row-${n}` }) }))
    await store.reconcile(id, rows)
    const [first, , third] = await shownIds(store, id)
    await store.history.edit(id, first!, { parts: [{ type: 'text', text: 'edited' }] })
    await store.history.delete(id, third!)
    await store.history.truncate(id, { after: 'row-3' })
    expect(await store.reconcile(id, rows)).toEqual(outcome({ known: 5 }))
    expect(await texts(store, id)).toEqual(['edited', 'Hello!', 'again'])
    await store.history.undo(id)
    expect(await store.reconcile(id, rows)).toMatchObject({ added: 0 })
  })

  test('adds nothing to a session that has its messages from an export', async () => {
    const { store, id } = await open()
    const rows = [...transcript, row('x', { id: 'not an id' })]
    await store.reconcile(id, rows)
    const { messages } = await store.window(id)
    const { id: restored } = await store.sessions.create({ owner: 'me' })
    await store.reconcile(restored, messages)
    expect(await store.reconcile(restored, rows)).toEqual(outcome({ known: 6 }))
    const grown = [...rows, transcript[4]!]
    expect(await store.reconcile(restored, grown)).toEqual(outcome({ added: 1, known: 6 }))
    expect(await store.reconcile(restored, grown)).toMatchObject({ added: 0 })
    const { id: both } = await store.sessions.create({ owner: 'me' })
    expect(await store.reconcile(both, [...messages, ...rows])).toMatchObject({
      added: 6,
      known: 6,
    })
  })

  test('is remembered row by row, even when its messages are removed', async () => {
    const storage = testEngine(engine)
    const { store, clock } = await openTestStore({ storage })
    const { id } = await store.sessions.create({ owner: 'me' })
    await store.reconcile(id, transcript)
    await store.history.truncate(id)
    const reader = await storage.open({ clock, random: () => 0 })
    onTestFinished(() => reader.close())
    const identities = [...new Set(identify(transcript).map(({ identity }) => identity))]
    expect(identities).toHaveLength(4)
    const { counts } = await reader.lookup(id, { identities })
    expect([...counts.values()].toSorted((x, y) => x - y)).toEqual([1, 1, 1, 2])
  })

  test('waits for a row that is still growing', async () => {
    const { store, id } = await open()
    const growing = row('Hel', { role: 'assistant', complete: false })
    expect(await store.reconcile(id, [...transcript, growing])).toEqual(
      outcome({ added: 5, incomplete: 1 }),
    )
    expect(await store.reconcile(id, [...transcript, row('Hello')])).toMatchObject({ added: 1 })
    expect((await texts(store, id)).at(-1)).toBe('Hello')
  })

  test('counts rows that have grown since, and leaves their messages as they are', async () => {
    const { store, id } = await open()
    const call = { type: 'dynamic-tool', toolCallId: 'c', toolName: 't', input: {} } as const
    const before = [
      row('He', { id: 'a', role: 'assistant' }),
      row('', { role: 'assistant', parts: [{ ...call, state: 'input-available' }] }),
      row('same', { id: 'b', parts: [{ type: 'text', text: 'same', state: 'streaming' }] }),
    ]
    const now = [
      row('Hello', { id: 'a', role: 'assistant' }),
      row('', { role: 'assistant', parts: [{ ...call, state: 'output-available', output: 1 }] }),
      row('same', { id: 'b', parts: [{ type: 'text', text: 'same', state: 'done' }] }),
    ]
    expect(await store.reconcile(id, before)).toEqual(outcome({ added: 3 }))
    const { messages } = await store.window(id)
    expect(await store.reconcile(id, before)).toEqual(outcome({ known: 3 }))
    expect(await store.reconcile(id, now)).toEqual(outcome({ known: 1, changed: 2 }))
    expect(await store.reconcile(id, [...now, row('new')])).toEqual(
      outcome({ added: 1, known: 1, changed: 2 }),
    )
    expect((await store.window(id)).messages.slice(0, 3)).toEqual(messages)
    const { id: twice } = await store.sessions.create({ owner: 'me' })
    expect(await store.reconcile(twice, [before[0]!, now[0]!])).toEqual(
      outcome({ added: 1, changed: 1 }),
    )
  })

  test('does not count a row as changed when only its message was edited here', async () => {
    const { store, id } = await open()
    const rows = [row('x', { id: 'a' })]
    await store.reconcile(id, rows)
    await store.history.edit(id, 'a', { parts: [{ type: 'text', text: 'edited' }] })
    expect(await store.reconcile(id, rows)).toEqual(outcome({ known: 1 }))
  })

  test('keeps an invalid message id in the metadata', async () => {
    const { store, id } = await open()
    await store.reconcile(id, [
      row('x', { id: 'msg.1:a', metadata: { model: 'm', foreign: { theme: 'dark' } } }),
      row('y', { id: 'kept' }),
    ])
    const { messages } = await store.window(id)
    expect(messages.map(({ metadata }) => metadata)).toEqual([
      { createdAt: expect.any(Number), model: 'm', foreign: { theme: 'dark', id: 'msg.1:a' } },
      { createdAt: expect.any(Number) },
    ])
  })

  test('counts dropped members by their paths', async () => {
    const { store, id } = await open()
    const part = { type: 'text', text: 'x', rating: 5 } as const
    const theme = { theme: 'dark', runId: 'r', usage: { inputTokens: 1, cost: 2 } }
    const rows = [
      { role: 'user', parts: [part, part], metadata: theme, likes: 3 },
      { role: 'user', parts: [part], likes: 3, ...Object.fromEntries(manyNames) },
    ] as const
    const { notKept, ...counts } = await store.reconcile(id, rows)
    expect(counts).toMatchObject({ added: 2 })
    expect(Object.keys(notKept)).toHaveLength(101)
    expect(notKept).toMatchObject({
      likes: 2,
      'parts.rating': 3,
      'metadata.theme': 1,
      'metadata.runId': 1,
      'metadata.usage.cost': 1,
      other: expect.any(Number),
    })
    const { messages } = await store.window(id)
    expect(messages[0]).toMatchObject({ parts: [{ type: 'text', text: 'x' }, {}] })
    expect(messages[0]!.parts[0]).toEqual({ type: 'text', text: 'x' })
    expect(messages[0]!.metadata).toEqual({
      createdAt: expect.any(Number),
      usage: { inputTokens: 1 },
    })
  })

  test('adds messages of another session unchanged, at their own times', async () => {
    const { store, id } = await open()
    await store.reconcile(id, transcript)
    const { messages } = await store.window(id)
    const { id: copy } = await store.sessions.create({ owner: 'me' })
    expect(await store.reconcile(copy, messages)).toEqual(outcome({ added: 5 }))
    expect((await store.window(copy)).messages).toEqual(messages)
  })

  test.each<[string, unknown, object]>([
    ['is missing its parts', { role: 'user' }, { field: 'rows.1.parts' }],
    [
      'has a part that is not one',
      row('', { parts: [{ type: 'text' }] as never }),
      { field: 'rows.1.parts.0' },
    ],
    [
      'has another role',
      row('x', { role: 'tool' as never }),
      { field: 'rows.1.role', value: 'tool' },
    ],
    ['is nothing', null, { field: 'rows.1' }],
    ['is a text', 'Hi', { field: 'rows.1' }],
    ['has a time that is not one', row('x', { createdAt: 1.5 }), { field: 'rows.1.createdAt' }],
    ['has an id that is not a text', row('x', { id: 5 as never }), { field: 'rows.1.id' }],
    ['has an empty id', row('x', { id: '' }), { field: 'rows.1.id' }],
    [
      'has an endless id',
      row('x', { id: 'x'.repeat(1_001) }),
      { field: 'rows.1.id', limit: 1_000 },
    ],
    ['is complete in a way', row('x', { complete: 'no' as never }), { field: 'rows.1.complete' }],
    [
      'has metadata that is a list',
      row('x', { metadata: [] as never }),
      { field: 'rows.1.metadata' },
    ],
    [
      'has bad metadata',
      row('x', { metadata: { model: 5 as never } }),
      { field: 'rows.1.metadata.model' },
    ],
    [
      'has too large metadata of the host',
      row('x', { metadata: { custom: { label: 'x'.repeat(16 * 1024) } } }),
      { field: 'rows.1.metadata.custom', limit: 16 * 1024 },
    ],
    [
      'has no JSON form',
      row('', { parts: [{ type: 'data-x', data: 1n }] }),
      { field: 'rows.1', reason: 'not-json' },
    ],
  ])('is refused whole where a row %s, by its place', async (_, bad, data) => {
    const { store, id } = await open()
    await expect(store.reconcile(id, [row('x'), bad as ImportedRow])).rejects.toMatchObject({
      name: 'CaughtupError',
      code: 'BAD_INPUT',
      message: expect.stringContaining('rows.1'),
      data,
    })
    expect(await shownIds(store, id)).toEqual([])
  })

  test('has all rows but bad ones where these are reported, and one of them at the end once it is good', async () => {
    const { store, id } = await open()
    const bad = { ...row('bad', { createdAt: 4000 }), role: 'nobody' } as unknown as ImportedRow
    const errors: unknown[] = []
    const onBadRow = (error: unknown) => void errors.push(error)
    const rows = [
      ...transcript.slice(0, 2),
      bad,
      'no row' as unknown as ImportedRow,
      ...transcript.slice(2),
    ]
    expect(await store.reconcile(id, rows, { onBadRow })).toEqual(outcome({ added: 5 }))
    expect(errors).toMatchObject([
      { code: 'BAD_INPUT', data: { field: 'rows.2.role', value: 'nobody' } },
      { code: 'BAD_INPUT', data: { field: 'rows.3' } },
    ])
    const better = rows.map((each) => (each === bad ? { ...bad, role: 'user' as const } : each))
    expect(await store.reconcile(id, better, { onBadRow })).toEqual(outcome({ added: 1, known: 5 }))
    expect((await texts(store, id)).at(-1)).toBe('bad')
    expect(errors).toHaveLength(3)
  })

  test('gives the session the time of its newest row, if asked for, but no time to come', async () => {
    const { store, id } = await open()
    const now = store.clock.now()
    const recency = async () => (await store.activity.row('me', id))?.recency
    await store.reconcile(id, transcript, { recency: 'newest' })
    expect(await recency()).toBe(3000)
    await store.reconcile(id, [row('older', { createdAt: 2000 })], { recency: 'newest' })
    expect(await recency()).toBe(3000)
    await store.reconcile(id, [row('far', { createdAt: now * 2 })], { recency: 'newest' })
    expect(await recency()).toBeGreaterThanOrEqual(now)
    expect(await recency()).toBeLessThan(now * 2)
  })

  test('sets the session’s recency and read marks', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    await clock.advance(9_000_000)
    const now = clock.now()
    const old = { owner: 'me', members: ['you'], createdAt: 500 }
    const { id, createdAt, updatedAt } = await store.sessions.create(old)
    expect({ createdAt, updatedAt }).toEqual({ createdAt: 500, updatedAt: 500 })
    const { id: fresh } = await store.sessions.create({ owner: 'me' })
    await store.reconcile(id, transcript, { recency: 3000, readBy: ['me'] })
    const { sessions } = await store.sessions.list('me')
    expect(sessions.map((each) => each.id)).toEqual([fresh, id])
    expect(sessions[1]).toMatchObject({ createdAt: 500, updatedAt: now })
    const rows = (who: string) => store.activity.row(who, id)
    expect(await rows('me')).toMatchObject({ recency: 3000, unread: 0 })
    expect(await rows('you')).toMatchObject({ recency: 3000, unread: 1 })
    await store.reconcile(id, [row('late', { role: 'assistant' })], { recency: 2000 })
    expect(await rows('me')).toMatchObject({ recency: 3000, unread: 1 })
    await store.reconcile(id, [row('later', { role: 'assistant' })])
    expect(await rows('me')).toMatchObject({ recency: now, unread: 2 })
    for (const [options, field] of [
      [{ recency: -1 }, 'recency'],
      [{ readBy: ['stranger'] }, 'readBy'],
      [{ readBy: 'me' as never }, 'readBy'],
    ] as const) {
      await expect(store.reconcile(id, [], options)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field },
      })
    }
    await expect(store.sessions.create({ owner: 'me', createdAt: 1.5 })).rejects.toMatchObject({
      data: { field: 'createdAt' },
    })
  })

  test('is added once by any number of concurrent imports', async () => {
    const storage = testEngine(engine)
    const [a, b] = [await openTestStore({ storage }), await openTestStore({ storage })]
    const { id } = await a.store.sessions.create({ owner: 'me' })
    const outcomes = await Promise.all(
      [a, b, a, b].map(({ store }) => store.reconcile(id, transcript)),
    )
    expect(outcomes.reduce((sum, { added }) => sum + added, 0)).toBe(5)
    expect(await texts(a.store, id)).toEqual(['Hi', 'Hello!', 'Hi', 'again', 'again'])
    expect(await shownIds(b.store, id)).toEqual(await shownIds(a.store, id))
  })

  test('keeps valid ids, and counts rows with ids of existing messages as known', async () => {
    const { store, id } = await open()
    await fill(store, id, ['u1'])
    const rows = [row('x', { id: 'u1' }), row('y', { id: 'not an id' }), row('z', { id: 'kept' })]
    expect(await store.reconcile(id, rows)).toEqual(outcome({ added: 2, known: 1 }))
    const ids = await shownIds(store, id)
    expect(ids).toEqual(['u1', expect.stringMatching(/^[\w-]{22}$/), 'kept'])
    expect(await store.reconcile(id, rows)).toMatchObject({ added: 0 })
  })

  test('is refused while a run is active, and when it is too large', async () => {
    const { store, id } = await open()
    await expect(store.reconcile('nowhere', transcript)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    const { sessionId } = await startRun(store)
    await expect(store.reconcile(sessionId, transcript)).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-active' },
    })
    const many = Array.from({ length: 100_001 }, () => row('x'))
    await expect(store.reconcile(id, many)).rejects.toMatchObject({
      data: { field: 'rows.length', limit: 100_000 },
    })
    const parts = Array.from({ length: 1_001 }, () => ({ type: 'step-start' as const }))
    await expect(store.reconcile(id, [row('x', { id: 'long', parts })])).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { value: 'long', limit: 1_000 },
    })
  })
})

describe.each(engines)('a long transcript on %s', (engine) => {
  const limits = { windowMessages: 2_000, windowBytes: 10_000_000 }
  const rows = Array.from({ length: 1_200 }, (_, n) => row(`text ${n}`, { createdAt: n }))
  const all = rows.map((_, n) => `text ${n}`)

  /** A store in which `before` is called before each commit, with the sessions that it writes. */
  async function watched(before: (sessionIds: string[], n: number) => void) {
    const database = crashableEngines[engine]()
    onTestFinished(() => database.dispose())
    let commits = 0
    const storage = withCalls(database.factory, (real) => ({
      commit: (slices) => {
        before(
          slices.map(({ sessionId }) => sessionId),
          ++commits,
        )
        return real.commit(slices)
      },
    }))
    const { store } = await openTestStore({ storage, limits })
    const { id } = await store.sessions.create({ owner: 'me' })
    return { store, id, database }
  }

  test('is written in several commits, between which others write', async () => {
    const written: string[][] = []
    const { store, id } = await watched((sessionIds, n) => {
      written.push(sessionIds)
      if (n === 1) void fill(store, other, ['u1'])
    })
    const { id: other } = await store.sessions.create({ owner: 'you' })
    expect(await store.reconcile(id, rows)).toEqual(outcome({ added: 1_200 }))
    const imports = written.flatMap((sessionIds, n) => (sessionIds.includes(id) ? n : []))
    expect(imports).toHaveLength(3)
    const others = written.findIndex((sessionIds) => sessionIds.includes(other))
    expect(others).toBeGreaterThan(0)
    expect(others).toBeLessThan(imports[2]!)
    expect(await texts(store, id)).toEqual(all)
    const { events } = await store.journal.list(id)
    expect(events).toMatchObject([{ count: 500 }, { count: 500 }, { count: 200 }])
  })

  test('is continued by a repeat where a crash ended it', async () => {
    let crashed: CrashableEngine | undefined
    const { store, id, database } = await watched((_, n) => {
      if (n === 2) crashed = database.crashed()
    })
    await store.reconcile(id, rows)
    onTestFinished(() => crashed?.dispose())
    const { store: later } = await openTestStore({ storage: crashed!.factory, limits })
    expect(await texts(later, id)).toEqual(all.slice(0, 500))
    expect(await later.reconcile(id, rows)).toEqual(outcome({ added: 700, known: 500 }))
    expect(await texts(later, id)).toEqual(all)
    expect(await later.reconcile(id, rows)).toEqual(outcome({ known: 1_200 }))
  })

  test('has every row once and in order after concurrent imports of it', async () => {
    const storage = testEngine(engine)
    const [a, b] = [
      await openTestStore({ storage, limits }),
      await openTestStore({ storage, limits }),
    ]
    const { id } = await a.store.sessions.create({ owner: 'me' })
    const outcomes = await Promise.all([a, b, a].map(({ store }) => store.reconcile(id, rows)))
    expect(outcomes.reduce((sum, { added }) => sum + added, 0)).toBe(1_200)
    expect(await texts(b.store, id)).toEqual(all)
  })

  test('is continued by a repeat where a run or the caller ended it', async () => {
    const caller = new AbortController()
    const { store, id } = await watched((sessionIds, n) => {
      if (n === 1) run = startRun(store, id)
      // The second commit starts the run, and the third ends it.
      if (n === 4 && sessionIds.includes(id)) caller.abort(new Error('enough'))
    })
    let run: Promise<TestRun> | undefined
    await expect(store.reconcile(id, rows)).rejects.toMatchObject({
      data: { reason: 'run-active' },
    })
    const { runId, messageId } = await run!
    await store
      .writer({ sessionId: id, runId, messageId })
      .finish({ reason: 'stop' }, [ended(runId)])
    expect((await texts(store, id)).slice(0, 500)).toEqual(all.slice(0, 500))
    const { signal } = caller
    await expect(store.reconcile(id, rows, { signal })).rejects.toThrow('enough')
    const { added } = await store.reconcile(id, rows)
    expect(added).toBeGreaterThan(0)
    expect((await texts(store, id)).filter((text) => text.startsWith('text'))).toEqual(all)
  })
})

describe('an imported transcript whose messages concurrent imports add', () => {
  /** A session where, `times` in a row, another process brings the next of the rows just before. */
  async function contended(times: number) {
    const path = testDatabase()
    const { store: other } = await openTestStore({ path })
    const { id } = await other.sessions.create({ owner: 'me' })
    let turn = 0
    const storage = intercepted(path, async (next, slices) => {
      if (turn < times) await fill(other, id, [`u${turn++}`])
      return next(slices)
    })
    const { store } = await openTestStore({ storage })
    const rows = Array.from({ length: 11 }, (_, n) => row('x', { id: `u${n}` }))
    return { store, id, rows }
  }

  test('adds the other rows if one of ten attempts succeeds', async () => {
    const { store, id, rows } = await contended(9)
    expect(await store.reconcile(id, rows)).toEqual(outcome({ added: 2, known: 9 }))
  })

  test('gives up after ten attempts and says why', async () => {
    const { store, id, rows } = await contended(10)
    await expect(store.reconcile(id, rows)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('in each of 10 attempts a concurrent import'),
      data: { field: 'sessionId', value: id, reason: 'message-exists' },
    })
    expect(await store.reconcile(id, rows)).toEqual(outcome({ added: 1, known: 10 }))
  })
})

describe.each(engines)('the probe on %s', (engine) => {
  test('reveals any change, even an edit that keeps the message count', async () => {
    const { store, clock } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    const before = await store.probe(sessionId)
    expect(before).toMatchObject({ messageCount: 4, lastMessageAt: 1 })
    expect(await store.probe(sessionId)).toEqual(before)
    await store.history.edit(sessionId, 'u1', { parts: [] })
    const edited = await store.probe(sessionId)
    expect(edited).toMatchObject({ messageCount: 4 })
    expect(edited.revision).not.toBe(before.revision)
    await clock.advance(1_000)
    expect(await store.probe(sessionId)).toEqual(edited)
    await expect(store.probe('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('sees the writes of another process at once', async () => {
    const storage = testEngine(engine)
    const [a, b] = [await openTestStore({ storage }), await openTestStore({ storage })]
    const sessionId = await sampleSession(a.store)
    const before = await b.store.probe(sessionId)
    await fill(a.store, sessionId, ['u3'])
    expect(await b.store.probe(sessionId)).toMatchObject({ messageCount: 5 })
    await a.store.history.edit(sessionId, 'u3', { parts: [] })
    const { revision } = await b.store.probe(sessionId)
    expect(revision).not.toBe(before.revision)
    expect(await a.store.probe(sessionId)).toMatchObject({ revision })
  })

  test('shows that a session has no messages', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { id } = await store.sessions.create({ owner: 'me' })
    const probe = await store.probe(id)
    expect(probe).toEqual({ messageCount: 0, revision: expect.any(String) })
  })
})
