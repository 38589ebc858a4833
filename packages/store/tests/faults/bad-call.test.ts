import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { ended, filler, openTestStore, runDrafts, startRun } from '../support/open-test-store.ts'
import { engines, testEngine } from '../support/test-engines.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })

describe.each(engines)('on %s', (engine) => {
  test('a refused value ends the writer, so that nothing is written after the gap', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before '))
    await expect(writer.write({ type: 'data-x', data: 1n })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
    await expect(writer.write(text('after'))).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await writer.finish({ reason: 'error', part: { type: 'data-notice', data: {} } })
    expect((await store.message(run.sessionId, run.messageId))?.parts).toMatchObject([
      { text: 'before ' },
      { type: 'data-notice' },
    ])
  })

  test('a finished message does not discard the text of another', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const second = { ...run, messageId: 'second' }
    const [, , created] = runDrafts(second)
    await store.append({ sessionId: run.sessionId, drafts: created ? [created] : [] })
    const [a, b] = [store.writer(run), store.writer(second)]
    await store.append({
      sessionId: run.sessionId,
      drafts: [{ type: 'message-finished', messageId: run.messageId, reason: 'stop' }],
    })
    await a.write(text('late'))
    await b.write(text('kept'))
    await store.flushAll()
    expect((await store.message(run.sessionId, 'second'))?.parts).toMatchObject([{ text: 'kept' }])
    await expect(a.write(text('later'))).rejects.toMatchObject({
      data: { reason: 'message-finished' },
    })
  })

  test('an aborted append writes nothing', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const signal = AbortSignal.abort(new Error('enough'))
    const append = store.append(
      { sessionId: run.sessionId, drafts: [ended(run.runId)] },
      { signal },
    )
    await expect(append).rejects.toThrow('enough')
    expect((await store.head(run.sessionId)).cursor.seq).toBe(3)
  })

  test('replaced parts do not count towards the size of a message', async () => {
    const { store } = await openTestStore({
      storage: testEngine(engine),
      limits: { messageBytes: 1_000 },
    })
    const run = await startRun(store)
    const writer = store.writer(run)
    for (let i = 0; i < 50; i++) {
      await writer.write({
        type: 'tool-result',
        toolCallId: 'a',
        toolName: 'x',
        input: {},
        output: 'x'.repeat(500),
        preliminary: true,
      })
    }
    await expect(writer.write(text('☃'.repeat(200)))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  test('a session has each member once, and a page at least one message', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { id } = await store.sessions.create({ owner: 'a', members: ['b', 'b', 'a'] })
    await expect(store.sessions.get(id, 'b')).resolves.toMatchObject({ id })
    await expect(store.page(id, { limit: 0 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  test('an older state is never published after a newer one, and all waits share one timeout', async () => {
    const { store, clock } = await openTestStore({
      storage: testEngine(engine),
      updates: { capacity: 1 },
    })
    const run = await startRun(store)
    const second = { ...run, messageId: 'second' }
    const [, , created] = runDrafts(second)
    await store.append({ sessionId: run.sessionId, drafts: created ? [created] : [] })
    store.updates.subscribe()
    store.updates.publish(filler)
    const finished = { reason: 'stop' as const, type: 'message-finished' as const }
    let returned = false
    const append = store
      .append({
        sessionId: run.sessionId,
        drafts: [
          { ...finished, messageId: run.messageId },
          { ...finished, messageId: 'second' },
        ],
      })
      .then(() => (returned = true))
    await settle()
    expect(returned).toBe(false)
    await clock.advance(50)
    await append
    expect(store.stats().updateMustDeliverDrops).toBe(2)
  })
})
