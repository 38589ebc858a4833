import { describe, expect, test } from 'vitest'

import type { Store } from '../src/store.ts'
import { ended, openTestStore, startRun, type TestRun } from './support/open-test-store.ts'
import { allEngines, testEngine } from './support/test-engines.ts'

/** The run's status becomes another, where the guard allows it. */
function change(store: Store, run: TestRun, status: 'waiting' | 'streaming') {
  const { sessionId, runId } = run
  const is = status === 'waiting' ? 'run' : 'awaiting-tool'
  return store.append({
    sessionId,
    guard: { is, runId },
    drafts: [{ type: 'run-changed', runId, status }],
  })
}

async function leases(store: Store) {
  const runs = await store.activeRuns()
  return runs.map(({ head, lease }) => ({ status: head.run?.status, own: lease?.own }))
}

describe.each(allEngines)('a run that awaits an answer on %s', (engine) => {
  test('has no lease, so that it outlives its process', async () => {
    const storage = testEngine(engine)
    const { store } = await openTestStore({ storage })
    const run = await startRun(store)
    await store.heartbeat()
    expect(await leases(store)).toEqual([{ status: 'streaming', own: true }])
    await change(store, run, 'waiting')
    expect(await leases(store)).toEqual([{ status: 'waiting', own: undefined }])
    await store.close()
    const again = await openTestStore({ storage })
    expect(await leases(again.store)).toEqual([{ status: 'waiting', own: undefined }])
  })

  test('is resumed by the process that accepts the answer, under its own lease', async () => {
    const storage = testEngine(engine)
    const [a, b] = [await openTestStore({ storage }), await openTestStore({ storage })]
    const run = await startRun(a.store)
    await change(a.store, run, 'waiting')
    expect((await change(b.store, run, 'streaming')).refused).toBeUndefined()
    expect(await leases(b.store)).toEqual([{ status: 'streaming', own: true }])
    expect(await leases(a.store)).toEqual([{ status: 'streaming', own: false }])
  })

  test('accepts one of two concurrent answers', async () => {
    const storage = testEngine(engine)
    const [a, b] = [await openTestStore({ storage }), await openTestStore({ storage })]
    const run = await startRun(a.store)
    await change(a.store, run, 'waiting')
    const answers = await Promise.all([a, b, a].map(({ store }) => change(store, run, 'streaming')))
    expect(answers.filter(({ refused }) => refused === undefined)).toHaveLength(1)
    expect(answers.filter(({ refused }) => refused === 'guard-failed')).toHaveLength(2)
  })

  test('can be interrupted while it waits', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const run = await startRun(store)
    await change(store, run, 'waiting')
    await store.writer(run).finish({ reason: 'interrupted' }, [ended(run.runId)])
    expect(await leases(store)).toEqual([])
    expect(await change(store, run, 'streaming')).toEqual({ refused: 'guard-failed' })
  })
})
