import type { MessageDraft } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { describe, expect, test } from 'vitest'

import type { Store } from '../store.ts'
import { long } from '../../tests/support/long.ts'
import { ended, openTestStore, startRun } from '../../tests/support/open-test-store.ts'
import {
  append,
  fill,
  sampleMessage,
  sampleSession,
  shownIds,
} from '../../tests/support/sample-history.ts'
import { engines, testEngine, withCalls } from '../../tests/support/test-engines.ts'

const owner = 'me'

/** A session with these finished messages in order, under the given run ids. */
async function sessionOf(store: Store, messages: readonly MessageDraft[]): Promise<string> {
  const { id } = await store.sessions.create({ owner, title: 'Source' })
  await append(
    store,
    id,
    messages.map((message) => ({ type: 'message-created', message })),
  )
  return id
}

const toolGroup = [
  sampleMessage('prompt', 'user', { runId: 'r1' }),
  sampleMessage('calls', 'assistant', { runId: 'r1', finishReason: 'tool-calls' }),
  sampleMessage('calls-again', 'assistant', { runId: 'r1', finishReason: 'tool-calls' }),
  sampleMessage('answer', 'assistant', { runId: 'r1', finishReason: 'stop' }),
  sampleMessage('next', 'user', { runId: 'r2' }),
  sampleMessage('calls-alone', 'assistant', { runId: 'r2', finishReason: 'tool-calls' }),
]

describe.each(engines)('a fork on %s', (engine) => {
  const open = () => openTestStore({ storage: testEngine(engine) })

  test('has the messages up to the given one, under their ids and orders', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    await store.history.delete(sessionId, 'u1')
    const { messages } = await store.window(sessionId)
    const forked = await store.history.fork(sessionId, { from: 'u2', owner: 'you' })
    expect(forked).toMatchObject({ messageId: 'u2', moved: false, session: { title: 'Sample' } })
    const { id } = forked.session
    const copies = messages.slice(0, 2).map((message) => ({ ...message, revision: 1 }))
    const window = await store.window(id)
    expect(window).toMatchObject({ messages: copies, head: { seq: 1, canUndo: true } })
    expect(window.head.usage).toBeUndefined()
    expect((await store.journal.list(id)).events).toMatchObject([{ type: 'forked', count: 2 }])
    await expect(store.sessions.get(id, 'you')).resolves.toEqual(forked.session)
    await expect(store.sessions.get(id, 'me')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('and its source change independently', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    const { session } = await store.history.fork(sessionId, { from: 'a1', owner, title: 'Other' })
    expect(session.title).toBe('Other')
    await fill(store, session.id, ['u2', 'u3'])
    await store.history.delete(sessionId, 'a1')
    expect(await shownIds(store, session.id)).toEqual(['u1', 'a1', 'u2', 'u3'])
    expect(await shownIds(store, sessionId)).toEqual(['u1', 'u2', 'a2'])
    await store.sessions.delete(sessionId)
    expect(await shownIds(store, session.id)).toHaveLength(4)
  })

  test('keeps the epochs', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    await append(store, sessionId, [{ type: 'boundary', kind: 'reset', trigger: 'user' }])
    await fill(store, sessionId, ['u3', 'a3'])
    const { session } = await store.history.fork(sessionId, { from: 'u3', owner })
    expect(await shownIds(store, session.id)).toEqual(['u3'])
    expect(await store.page(session.id, { before: 5 })).toMatchObject({
      epoch: 0,
      messages: [{}, {}, {}, {}],
    })
    const older = await store.history.fork(sessionId, { from: 'a1', owner })
    expect(await shownIds(store, older.session.id)).toEqual(['u1', 'a1'])
  })

  test.each([
    ['prompt', 'prompt', false],
    ['calls', 'answer', true],
    ['calls-again', 'answer', true],
    ['answer', 'answer', false],
    ['next', 'next', false],
    ['calls-alone', 'calls-alone', false],
  ])('from %s of a tool group ends with %s', async (from, messageId, moved) => {
    const { store } = await open()
    const sessionId = await sessionOf(store, toolGroup)
    const forked = await store.history.fork(sessionId, { from, owner })
    expect(forked).toMatchObject({ messageId, moved })
    expect((await shownIds(store, forked.session.id)).at(-1)).toBe(messageId)
  })

  test('finds the end of a long group across gaps and a boundary', async () => {
    const { store } = await open()
    const runId = 'long'
    const [prompt, calls] = toolGroup
    const sessionId = await sessionOf(store, [
      prompt!,
      { ...calls!, metadata: { ...calls!.metadata, runId } },
      ...Array.from({ length: 700 }, (_, n) => sampleMessage(`t${n}`, 'assistant', { runId })),
    ])
    for (let n = 0; n < 450; n++) await store.history.delete(sessionId, `t${n}`)
    await append(store, sessionId, [{ type: 'boundary', kind: 'reset', trigger: 'user' }])
    await fill(store, sessionId, ['u3'])
    const forked = await store.history.fork(sessionId, { from: 'calls', owner })
    expect(forked).toMatchObject({ messageId: 't699', moved: true })
    const inside = await store.history.fork(sessionId, { from: 't690', owner })
    expect(inside).toMatchObject({ messageId: 't699', moved: true })
  })

  test('cannot end with an open message, or in a group whose run is active', async () => {
    const { store } = await open()
    const { sessionId, runId, messageId } = await startRun(store)
    await expect(store.history.fork(sessionId, { from: messageId, owner })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { field: 'messageId', value: messageId, reason: 'message-open' },
    })
    await append(store, sessionId, [{ type: 'message-finished', messageId, reason: 'tool-calls' }])
    await expect(store.history.fork(sessionId, { from: messageId, owner })).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { reason: 'run-active' },
    })
    const prompt = await store.history.fork(sessionId, { from: `${messageId}-prompt`, owner })
    expect(prompt.moved).toBe(false)
    await append(store, sessionId, [ended(runId)])
    await expect(store.history.fork(sessionId, { from: messageId, owner })).resolves.toBeDefined()
  })

  test('from an unknown session or message names it', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    await expect(store.history.fork(sessionId, { from: 'x', owner })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'messageId', value: 'x' },
    })
    await expect(store.history.fork('nowhere', { from: 'x', owner })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'sessionId' },
    })
    const long = { from: 'u1', owner, title: 'x'.repeat(201) }
    await expect(store.history.fork(sessionId, long)).rejects.toMatchObject({
      data: { field: 'title', limit: 200 },
    })
  })

  test('that was given up is hidden until maintenance has finished it', async () => {
    const controller = new AbortController()
    const storage = withCalls(testEngine(engine), (real) => ({
      maintain: async (work) => {
        if (!('fork' in work)) return real.maintain(work)
        controller.abort(new Error('enough'))
        return true
      },
    }))
    const { store, clock } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    const feed = store.activity.follow('you', undefined, { signal: new AbortController().signal })
    await feed.next()
    const forking = store.history.fork(sessionId, { from: 'a1', owner: 'you' }, controller)
    await expect(forking).rejects.toThrow('enough')
    expect((await store.sessions.list('you')).sessions).toEqual([])
    const change = feed.next()
    await clock.advance(100)
    expect((await change).value).toMatchObject({ rows: [{ title: 'Sample', messageCount: 2 }] })
  })

  test('whose source is deleted meanwhile fails and leaves nothing', async () => {
    const storage = withCalls(testEngine(engine), (real) => ({
      maintain: async (work) => {
        if ('fork' in work) await store.sessions.delete(sessionId)
        return real.maintain(work)
      },
    }))
    const { store, clock } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    await expect(store.history.fork(sessionId, { from: 'a1', owner })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { field: 'sessionId', value: sessionId },
    })
    await clock.advance(1_000)
    expect((await store.sessions.list(owner)).sessions).toEqual([])
    expect(store.stats().upkeepFailures).toBe(0)
  })

  test('that a crash interrupted is finished after the next opening', async () => {
    const factory = testEngine(engine)
    const storage = withCalls(factory, (real) => ({
      maintain: async (work) => {
        if ('fork' in work) throw new Error('crash')
        return real.maintain(work)
      },
    }))
    const { store } = await openTestStore({ storage })
    const sessionId = await sampleSession(store)
    const fork = store.history.fork(sessionId, { from: 'a1', owner: 'you' })
    await expect(fork).rejects.toThrow('crash')
    const again = await openTestStore({ storage: factory })
    await again.clock.advance(100)
    const { sessions } = await again.store.sessions.list('you')
    expect(await shownIds(again.store, sessions[0]!.id)).toEqual(['u1', 'a1'])
  })

  const many = long ? 100_000 : 20_000
  test(`of ${many} messages is made in many bounded steps, and others get on between them`, async () => {
    // Maintenance may make the step, too.
    let steps = 0
    const storage = withCalls(testEngine(engine), (real) => ({
      maintain: (work) => {
        steps++
        return real.maintain(work)
      },
    }))
    // On this clock, a step takes longer than other work may have to wait.
    const clock = { ...systemClock, monotonic: () => 5 * steps }
    const { store } = await openTestStore({ storage, clock })
    const { id } = await store.sessions.create({ owner })
    const rows = Array.from({ length: many }, (_, n) => ({
      id: `m${n}`,
      role: 'user' as const,
      parts: [{ type: 'text' as const, text: 'x' }],
    }))
    await store.reconcile(id, rows)
    steps = 0
    let turns = 0
    const others = setInterval(() => turns++, 0)
    const { session } = await store.history.fork(id, { from: `m${many - 2}`, owner })
    clearInterval(others)
    expect(steps).toBeGreaterThanOrEqual(many / 2_000)
    // There is a turn after every other step at the latest, but none is needed after the last one.
    expect(turns).toBeGreaterThanOrEqual((steps - 1) / 2)
    expect((await store.activity.row(owner, session.id))?.messageCount).toBe(many - 1)
    expect((await store.page(session.id, { before: 3 })).messages).toMatchObject([
      { id: 'm0' },
      { id: 'm1' },
    ])
  }, 120_000)
})
