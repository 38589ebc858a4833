import { describe, expect, onTestFinished, test } from 'vitest'

import type { ForeignRow } from './foreign-row.ts'
import { identify } from './identify.ts'
import type { Store } from '../store.ts'
import { intercepted, openTestStore, startRun, testDatabase } from '../testing/open-test-store.ts'
import { fill, sampleSession, shownIds } from '../testing/sample-history.ts'
import { engines, testEngine } from '../testing/test-engines.ts'

function row(text: string, rest: Partial<ForeignRow> = {}): ForeignRow {
  return { role: 'user', parts: [{ type: 'text', text }], ...rest }
}

async function texts(store: Store, sessionId: string): Promise<string[]> {
  const { messages } = await store.window(sessionId)
  return messages.map(({ parts: [part] }) => (part && 'text' in part ? part.text : ''))
}

const transcript = [
  row('Hi', { createdAt: 1000 }),
  row('Hello!', { role: 'assistant', createdAt: 2000 }),
  row('Hi', { createdAt: 3000 }),
  row('again', { createdAt: 3000 }),
  row('again', { createdAt: 3000 }),
]

describe.each(engines)('a foreign transcript on %s', (engine) => {
  const open = async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { id } = await store.sessions.create({ owner: 'me' })
    return { store, id }
  }

  test('comes in at the end, in its own order and in one commit', async () => {
    const { store, id } = await open()
    await fill(store, id, ['u1', 'a1'])
    const { commits } = store.stats()
    expect(await store.reconcile(id, transcript)).toEqual({ added: 5, known: 0, incomplete: 0 })
    expect(store.stats().commits).toBe(commits + 1)
    expect((await texts(store, id)).slice(2)).toEqual(['Hi', 'Hello!', 'Hi', 'again', 'again'])
    const { messages, head } = await store.window(id)
    expect(messages.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(messages[3]).toMatchObject({ status: 'done', metadata: { createdAt: 2000 } })
    expect(head).toMatchObject({ seq: 3, canUndo: true })
    expect(await store.journal.event(id, 3)).toMatchObject({ type: 'imported', count: 5 })
  })

  test('adds nothing when it comes again, and what is new when it has grown', async () => {
    const { store, id } = await open()
    await store.reconcile(id, transcript.slice(0, 4))
    const { cursor } = await store.head(id)
    expect(await store.reconcile(id, transcript.slice(0, 4))).toEqual({
      added: 0,
      known: 4,
      incomplete: 0,
    })
    expect((await store.head(id)).cursor).toEqual(cursor)
    expect(await store.reconcile(id, transcript)).toMatchObject({ added: 1, known: 4 })
    expect(await texts(store, id)).toEqual(['Hi', 'Hello!', 'Hi', 'again', 'again'])
  })

  test('leaves what was edited here, and does not bring back what was removed', async () => {
    const { store, id } = await open()
    const rows = transcript.map((each, n) => ({ ...each, ...(n > 2 && { id: `row-${n}` }) }))
    await store.reconcile(id, rows)
    const [first, , third] = await shownIds(store, id)
    await store.history.edit(id, first!, { parts: [{ type: 'text', text: 'edited' }] })
    await store.history.delete(id, third!)
    await store.history.truncate(id, { after: 'row-3' })
    expect(await store.reconcile(id, rows)).toEqual({ added: 0, known: 5, incomplete: 0 })
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
    expect(await store.reconcile(restored, rows)).toEqual({ added: 0, known: 6, incomplete: 0 })
    const grown = [...rows, transcript[4]!]
    expect(await store.reconcile(restored, grown)).toEqual({ added: 1, known: 6, incomplete: 0 })
    expect(await store.reconcile(restored, grown)).toMatchObject({ added: 0 })
    const { id: both } = await store.sessions.create({ owner: 'me' })
    expect(await store.reconcile(both, [...messages, ...rows])).toMatchObject({
      added: 6,
      known: 6,
    })
  })

  test('is remembered row by row, whatever becomes of the messages', async () => {
    const storage = testEngine(engine)
    const { store, clock } = await openTestStore({ storage })
    const { id } = await store.sessions.create({ owner: 'me' })
    await store.reconcile(id, transcript)
    await store.history.truncate(id)
    const reader = await storage.open({ clock, random: () => 0 })
    onTestFinished(() => reader.close())
    const identities = [...new Set(identify(transcript).map(({ identity }) => identity))]
    expect(identities).toHaveLength(4)
    const counts = await reader.importedCounts(id, identities)
    expect([...counts.values()].toSorted((x, y) => x - y)).toEqual([1, 1, 1, 2])
  })

  test('waits for a row that still grows', async () => {
    const { store, id } = await open()
    const growing = row('Hel', { role: 'assistant', complete: false })
    expect(await store.reconcile(id, [...transcript, growing])).toEqual({
      added: 5,
      known: 0,
      incomplete: 1,
    })
    expect(await store.reconcile(id, [...transcript, row('Hello')])).toMatchObject({ added: 1 })
    expect((await texts(store, id)).at(-1)).toBe('Hello')
  })

  test('comes in once, however many bring it at once', async () => {
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

  test('keeps the ids that can be kept, and those of messages that are here count as known', async () => {
    const { store, id } = await open()
    await fill(store, id, ['u1'])
    const rows = [row('x', { id: 'u1' }), row('y', { id: 'not an id' }), row('z', { id: 'kept' })]
    expect(await store.reconcile(id, rows)).toEqual({ added: 2, known: 1, incomplete: 0 })
    const ids = await shownIds(store, id)
    expect(ids).toEqual(['u1', expect.stringMatching(/^[\w-]{22}$/), 'kept'])
    expect(await store.reconcile(id, rows)).toMatchObject({ added: 0 })
  })

  test('is refused where a run is active, and where it is too large', async () => {
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

describe('a foreign transcript whose messages others bring meanwhile', () => {
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

  test('adds the others, as long as one of ten attempts gets through', async () => {
    const { store, id, rows } = await contended(9)
    expect(await store.reconcile(id, rows)).toEqual({ added: 2, known: 9, incomplete: 0 })
  })

  test('gives up after ten attempts and says why', async () => {
    const { store, id, rows } = await contended(10)
    await expect(store.reconcile(id, rows)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('in each of 10 attempts others had just brought'),
      data: { field: 'sessionId', value: id, reason: 'message-exists' },
    })
    expect(await store.reconcile(id, rows)).toEqual({ added: 1, known: 10, incomplete: 0 })
  })
})

describe.each(engines)('the probe on %s', (engine) => {
  test('tells what changed, also an edit that leaves the number as it was', async () => {
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

  test('sees at once what another process wrote', async () => {
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

  test('of a session without messages says so', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { id } = await store.sessions.create({ owner: 'me' })
    const probe = await store.probe(id)
    expect(probe).toEqual({ messageCount: 0, revision: expect.any(String) })
  })
})
