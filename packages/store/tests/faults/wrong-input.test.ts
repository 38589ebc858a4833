import { describe, expect, test } from 'vitest'

import type { Store } from '../../src/store.ts'
import { openTestStore, startRun, type TestRun } from '../support/open-test-store.ts'
import { allEngines, testEngine } from '../support/test-engines.ts'

// Arguments that a JavaScript program can pass.
// oxlint-disable-next-line typescript/no-explicit-any -- the types refuse all of it
type Loose = any

const { signal } = new AbortController()

/** Every call that names a session. */
const ofSession: [string, (store: Store, sessionId: Loose) => unknown][] = [
  ['append', (store, sessionId) => store.append({ sessionId, drafts: [] })],
  ['window', (store, id) => store.window(id)],
  ['page', (store, id) => store.page(id)],
  ['message', (store, id) => store.message(id, 'm')],
  ['head', (store, id) => store.head(id)],
  ['checkCursor', (store, id) => store.checkCursor(id, { journal: 'j', seq: 0, tag: '' })],
  ['events', (store, id) => store.events(id, 0, { bytes: 1 })],
  ['follow', (store, id) => store.follow(id, 0, { signal }).next()],
  ['reconcile', (store, id) => store.reconcile(id, [])],
  ['probe', (store, id) => store.probe(id)],
  ['usage', (store, id) => store.usage(id)],
  ['flushSession', (store, id) => store.flushSession(id)],
  ['history.edit', (store, id) => store.history.edit(id, 'm', { parts: [] })],
  ['history.delete', (store, id) => store.history.delete(id, 'm')],
  ['history.truncate', (store, id) => store.history.truncate(id)],
  ['history.undo', (store, id) => store.history.undo(id)],
  ['history.redo', (store, id) => store.history.redo(id)],
  ['history.erase', (store, id) => store.history.erase(id, ['m'])],
  ['history.fork', (store, id) => store.history.fork(id, { from: 'm', owner: 'me' })],
  ['journal.list', (store, id) => store.journal.list(id)],
  ['journal.summary', (store, id) => store.journal.summary(id)],
  ['journal.event', (store, id) => store.journal.event(id, 1)],
  ['journal.delete', (store, id) => store.journal.delete(id, 1)],
  ['sessions.get', (store, id) => store.sessions.get(id, 'me')],
  ['sessions.update', (store, id) => store.sessions.update(id, { title: 't' })],
  ['sessions.delete', (store, id) => store.sessions.delete(id)],
  ['activity.row', (store, id) => store.activity.row('me', id)],
  ['activity.markRead', (store, id) => store.activity.markRead(id, 'me', 1)],
]

/** All other calls, with the invalid field. */
const calls: [string, string, (store: Loose, run: TestRun) => unknown][] = [
  ['a writer without a run', 'runId', (store, run) => store.writer({ ...run, runId: undefined })],
  ['a writer of nothing', 'target', (store) => store.writer()],
  ['a session without options', 'options', (store) => store.sessions.create()],
  ['a session of nobody', 'owner', (store) => store.sessions.create({})],
  ['an empty owner', 'owner', (store) => store.sessions.create({ owner: '' })],
  ['an endless owner', 'owner', (store) => store.sessions.create({ owner: 'x'.repeat(1_001) })],
  ['an owner of half a character', 'owner', (store) => store.sessions.create({ owner: 'a\uD83C' })],
  [
    'a member of half a character',
    'members',
    (store) => store.sessions.create({ owner: 'a', members: ['\uDF89'] }),
  ],
  ['a list for half a character', 'principal', (store) => store.sessions.list('\uD83C')],
  [
    'members in one text',
    'members',
    (store) => store.sessions.create({ owner: 'a', members: 'b' }),
  ],
  ['a member in number', 'members', (store) => store.sessions.create({ owner: 'a', members: [1] })],
  ['a title in number', 'title', (store) => store.sessions.create({ owner: 'a', title: 1 })],
  ['a change of nothing', 'change', (store, { sessionId }) => store.sessions.update(sessionId)],
  ['a list of nobody', 'principal', (store) => store.sessions.list()],
  ['a broken limit', 'limit', (store) => store.sessions.list('me', { limit: 1.5 })],
  ['a limit in text', 'limit', (store) => store.sessions.list('me', { limit: '5' })],
  ['the activity of nobody', 'principal', (store) => store.activity.list()],
  ['a half read mark', 'upTo', (store, run) => store.activity.markRead(run.sessionId, 'me', 0.5)],
  ['a page before text', 'before', (store, run) => store.page(run.sessionId, { before: 'x' })],
  ['a message without id', 'messageId', (store, run) => store.message(run.sessionId)],
  ['a follower after text', 'after', (store, run) => follow(store, run, '1')],
  ['a follower after a half', 'after', (store, run) => follow(store, run, 0.5)],
  ['no cursor', 'cursor', (store, run) => store.checkCursor(run.sessionId, { seq: '1' })],
  ['events without bytes', 'bytes', (store, run) => store.events(run.sessionId, 0, {})],
  ['no slice', 'slice', (store) => store.append()],
  ['no drafts', 'drafts', (store, { sessionId }) => store.append({ sessionId })],
  ['an empty draft', 'drafts', (store, run) => append(store, run, { drafts: [null] })],
  ['no guard', 'guard', (store, run) => append(store, run, { guard: 'idle' })],
  ['an unknown guard', 'guard.is', (store, run) => append(store, run, { guard: { is: 'free' } })],
  [
    'a guard of no run',
    'guard.runId',
    (store, run) => append(store, run, { guard: { is: 'run' } }),
  ],
  [
    'a guard of no queue',
    'guard.queueBelow',
    (store, run) => append(store, run, { guard: { is: 'enqueue' } }),
  ],
  ['an edit to nothing', 'change', (store, run) => store.history.edit(run.sessionId, 'm')],
  [
    'an edit to text',
    'parts',
    (store, run) => store.history.edit(run.sessionId, 'm', { parts: 'x' }),
  ],
  ['a delete of nothing', 'messageId', (store, run) => store.history.delete(run.sessionId)],
  ['a truncation by name', 'options', (store, run) => store.history.truncate(run.sessionId, 'm')],
  [
    'a truncation at 1',
    'after',
    (store, run) => store.history.truncate(run.sessionId, { after: 1 }),
  ],
  ['an erasure of text', 'messageIds', (store, run) => store.history.erase(run.sessionId, 'm')],
  ['an erasure of nothing', 'messageIds', (store, run) => store.history.erase(run.sessionId)],
  ['a fork by name', 'options', (store, run) => store.history.fork(run.sessionId, 'm')],
  ['a fork of nobody', 'owner', (store, run) => store.history.fork(run.sessionId, { from: 'm' })],
  [
    'a fork from nothing',
    'from',
    (store, run) => store.history.fork(run.sessionId, { owner: 'a' }),
  ],
  ['a type in text', 'types', (store, run) => journal(store, run, { types: 'run-started' })],
  ['an unknown type', 'types.0', (store, run) => journal(store, run, { types: ['run'] })],
  ['a time in text', 'since', (store, run) => journal(store, run, { since: 'monday' })],
  ['no time', 'until', (store, run) => journal(store, run, { until: NaN })],
  ['an unknown condition', 'filter', (store, run) => journal(store, run, { type: 'usage' })],
  ['an unknown direction', 'from', (store, run) => journal(store, run, { from: 'first' })],
  [
    'a summary of text',
    'types',
    (store, run) => store.journal.summary(run.sessionId, { types: 'x' }),
  ],
  ['an entry in text', 'seq', (store, run) => store.journal.event(run.sessionId, '1')],
  ['an end in text', 'upTo', (store, run) => store.journal.delete(run.sessionId, '1')],
  ['a broken cursor', 'cursor', (store, run) => journal(store, run, { cursor: 0.5 })],
]

const follow = (store: Loose, run: TestRun, after: unknown) =>
  store.follow(run.sessionId, after, { signal }).next()
const append = (store: Loose, { sessionId }: TestRun, slice: object) =>
  store.append({ sessionId, drafts: [], ...slice })
const journal = (store: Loose, { sessionId }: TestRun, query: object) =>
  store.journal.list(sessionId, query)

describe.each(allEngines)('on %s', (engine) => {
  test.each(ofSession)('%s names an invalid session id', async (_name, call) => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    for (const id of [undefined, null, '', 7, {}]) {
      await expect(async () => call(store, id)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field: 'sessionId' },
      })
    }
  })

  test.each(calls)('%s is refused as a wrong %s', async (_name, field, call) => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const before = await store.head(run.sessionId)
    await expect(async () => call(store, run)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field, value: expect.any(String) },
    })
    expect(await store.head(run.sessionId)).toEqual(before)
  })

  test('a session that never existed has no followers', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const following = store.follow('nowhere', 0, { signal }).next()
    await expect(following).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('undefined conditions count as absent', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const { events } = await journal(store, run, { types: undefined, since: undefined })
    expect(events).toHaveLength(3)
  })
})
