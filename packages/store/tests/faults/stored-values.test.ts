import { describe, expect, test } from 'vitest'

import { ended, openTestStore, startRun } from '../support/open-test-store.ts'
import { allEngines, testEngine } from '../support/test-engines.ts'
import { everything } from '../support/check-database.ts'

const text = (value: string) => ({ type: 'text-delta' as const, text: value })

/** Nested arrays. */
function nested(levels: number): unknown {
  let value: unknown = 'inside'
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

describe.each(allEngines)('on %s', (engine) => {
  test('a tool without a result leaves its message valid, also after a restart', async () => {
    const storage = testEngine(engine)
    const { store } = await openTestStore({ storage })
    const run = await startRun(store)
    const writer = store.writer(run)
    await writer.write(text('before'))
    await writer.write({ type: 'tool-call', toolCallId: 'a', toolName: 'x', input: undefined })
    await writer.write({
      type: 'tool-result',
      toolCallId: 'a',
      toolName: 'x',
      input: {},
      output: undefined,
    })
    await writer.write({ type: 'tool-input-start', id: 'b', toolName: 'x' })
    await writer.write({
      type: 'tool-error',
      toolCallId: 'b',
      toolName: 'x',
      input: undefined,
      error: undefined,
    })
    await writer.write({ type: 'data-x', data: undefined })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    const { messages } = await store.window(run.sessionId)
    expect(messages[1]?.parts).toMatchObject([
      { type: 'text' },
      { state: 'output-available', output: null },
      { state: 'output-error', errorText: 'The tool failed.' },
      { type: 'data-x', data: null },
    ])
    await store.close()
    const again = await openTestStore({ storage })
    expect((await again.store.window(run.sessionId)).messages).toEqual(messages)
    const { events } = await again.store.events(run.sessionId, 0, { bytes: everything })
    expect(events.filter(({ type }) => type === 'unreadable')).toEqual([])
  })

  test('later changes of the caller’s objects change nothing', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const output = [1]
    await store
      .writer(run)
      .write({ type: 'tool-result', toolCallId: 'a', toolName: 'x', input: {}, output })
    output.push(2)
    const { messages } = await store.window(run.sessionId)
    expect(messages[1]?.parts).toMatchObject([{ output: [1] }])
  })

  test.each([
    ['a message id', { id: 'msg:1' }],
    ['a time', { metadata: { createdAt: 1.5 } }],
  ])('%s that no reader could parse is refused', async (_, change) => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const { sessionId } = await startRun(store)
    const message = { id: 'm', role: 'user', parts: [], metadata: { createdAt: 1 }, status: 'done' }
    const drafts = [{ type: 'message-created', message: { ...message, ...change } }] as never
    await expect(store.append({ sessionId, drafts })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { reason: 'not-an-event' },
    })
    expect(store.stats().unflushedBytes).toBe(0)
    expect((await store.head(sessionId)).cursor.seq).toBe(3)
  })

  test('a value that is nested too deeply for a database is refused, and a forkable one is kept', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    const writer = store.writer(run)
    const result = { type: 'tool-result', toolCallId: 'a', toolName: 'x', input: {} } as const
    await writer.write({ ...result, output: nested(480) })
    await expect(writer.write({ ...result, output: nested(501) })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { limit: 500, reason: 'too-deep' },
    })
    await store.writer(run).finish({ reason: 'stop' }, [ended(run.runId)])
    const owner = 'me'
    const { session } = await store.history.fork(run.sessionId, { from: run.messageId, owner })
    const { messages } = await store.window(session.id)
    expect(messages[1]?.parts).toMatchObject([{ output: nested(480) }])
  })
})
