import type { EventDraft, MessageDraft, Part } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { SliceResult } from '../port/commit.ts'
import type { Store } from '../store.ts'
import {
  ended,
  openTestStore,
  startRun,
  testDatabase,
  type TestRun,
} from '../../tests/support/open-test-store.ts'

const call = {
  type: 'dynamic-tool',
  toolCallId: 't',
  toolName: 'remove',
  input: { path: 'x' },
} as const
const approval = { id: 'a', requestReason: 'It cannot be taken back.' }
const requested: Part = { ...call, state: 'approval-requested', approval }

/** A run that waits for the approval of a tool call. */
async function startWaiting(store: Store): Promise<TestRun> {
  const run = await startRun(store)
  const { sessionId, runId, messageId } = run
  await store.update(sessionId, answer(run, [requested]))
  const result = await store.append({
    sessionId,
    guard: { is: 'run', runId },
    drafts: [{ type: 'run-changed', runId, status: 'waiting' }],
  })
  expect(result.refused).toBeUndefined()
  expect(await store.message(sessionId, messageId)).toMatchObject({ parts: [requested] })
  return run
}

function answer({ runId, messageId }: TestRun, parts: Part[]): MessageDraft {
  const metadata = { createdAt: 1, runId }
  return { id: messageId, role: 'assistant', parts, metadata, status: 'open' }
}

/** A person's answer, from one of their devices. */
function respond(store: Store, run: TestRun, approved: boolean): Promise<SliceResult> {
  const { sessionId, runId, messageId } = run
  const value: Part = { ...call, state: 'approval-responded', approval: { ...approval, approved } }
  const drafts: EventDraft[] = [
    { type: 'message-delta', messageId, ops: [{ op: 'put', part: 0, value }] },
    { type: 'run-changed', runId, status: 'streaming' },
  ]
  return store.append({ sessionId, guard: { is: 'awaiting-tool', runId }, drafts })
}

describe('a run that waits for approval', () => {
  test('of two concurrent answers exactly one wins, and the other is refused', async () => {
    const { store } = await openTestStore()
    const run = await startWaiting(store)
    const answers = await Promise.all([respond(store, run, true), respond(store, run, false)])
    expect(answers).toMatchObject([{ events: [{}, {}] }, { refused: 'guard-failed' }])
    expect(await respond(store, run, false)).toEqual({ refused: 'guard-failed' })
    const { head, open } = await store.head(run.sessionId)
    expect(head.run).toMatchObject({ id: run.runId, status: 'streaming' })
    expect(open).toMatchObject([{ parts: [{ approval: { id: 'a', approved: true } }] }])
  })

  test('of two answers by two processes exactly one wins, too', async () => {
    const path = testDatabase()
    const [a, b] = [await openTestStore({ path }), await openTestStore({ path })]
    const run = await startWaiting(a.store)
    const answers = await Promise.all([respond(a.store, run, true), respond(b.store, run, false)])
    expect(answers.filter(({ refused }) => refused === undefined)).toHaveLength(1)
    expect(answers.filter(({ refused }) => refused === 'guard-failed')).toHaveLength(1)
  })

  test('it waits across a restart, is then approved, and runs to its end', async () => {
    const path = testDatabase()
    const first = await openTestStore({ path })
    const run = await startWaiting(first.store)
    const { sessionId, runId, messageId } = run
    await first.store.close()
    const { store } = await openTestStore({ path })
    const { head, open } = await store.head(sessionId)
    expect(head.run).toMatchObject({ id: runId, status: 'waiting' })
    expect(open).toMatchObject([{ id: messageId, parts: [requested] }])
    const [waiting] = await store.activeRuns()
    expect(waiting).not.toHaveProperty('lease')

    expect((await respond(store, run, true)).refused).toBeUndefined()
    const approved = { ...approval, approved: true } as const
    const result: Part = { ...call, state: 'output-available', output: 'gone', approval: approved }
    await store.update(sessionId, answer(run, [result]))
    await store.update(sessionId, { ...answer(run, [result]), status: 'done' })
    await store.append({ sessionId, drafts: [ended(runId)] })
    await store.close()
    const again = await openTestStore({ path })
    expect(await again.store.message(sessionId, messageId)).toMatchObject({
      status: 'done',
      parts: [result],
    })
  })

  test('the writer that resumes it puts the result in the place of the call', async () => {
    const path = testDatabase()
    const first = await openTestStore({ path })
    const run = await startWaiting(first.store)
    await respond(first.store, run, true)
    await first.store.close()
    const { store } = await openTestStore({ path })
    const { open } = await store.head(run.sessionId)
    const writer = store.writer({ ...run, parts: open[0]?.parts ?? [] })
    const { toolCallId, toolName } = call
    await writer.write({ type: 'text-delta', text: 'It is ' })
    const output = 'gone'
    await writer.write({ type: 'tool-result', toolCallId, toolName, input: undefined, output })
    await writer.write({ type: 'text-delta', text: 'done.' })
    await writer.finish({ reason: 'stop' }, [ended(run.runId)])
    expect((await store.message(run.sessionId, run.messageId))?.parts).toEqual([
      { ...call, state: 'output-available', output, approval: { ...approval, approved: true } },
      { type: 'text', text: 'It is done.', state: 'done' },
    ])
  })

  test('a rejection denies the call', async () => {
    const { store } = await openTestStore()
    const run = await startWaiting(store)
    await respond(store, run, false)
    const denied: Part = {
      ...call,
      state: 'output-denied',
      approval: { ...approval, approved: false, reason: 'Not that one.' },
    }
    await store.update(run.sessionId, answer(run, [denied]))
    expect(await store.message(run.sessionId, run.messageId)).toMatchObject({ parts: [denied] })
  })

  test('an answer to a run that was interrupted is refused', async () => {
    const { store } = await openTestStore()
    const run = await startWaiting(store)
    await store.writer(run).finish({ reason: 'interrupted' }, [ended(run.runId)])
    expect(await respond(store, run, true)).toEqual({ refused: 'guard-failed' })
  })
})
