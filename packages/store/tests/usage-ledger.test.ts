import { describe, expect, test } from 'vitest'

import type { Store } from '../src/store.ts'
import { ended, openTestStore, startRun } from './support/open-test-store.ts'
import { append, sampleSession } from './support/sample-history.ts'
import { allEngines, testEngine } from './support/test-engines.ts'

async function spend(store: Store, sessionId: string, model: string, inputTokens: number) {
  const add = { inputTokens, outputTokens: 1 }
  await append(store, sessionId, [{ type: 'usage', add, models: { [model]: add } }])
}

describe.each(allEngines)('the usage ledger on %s', (engine) => {
  const open = () => openTestStore({ storage: testEngine(engine) })

  test('sums the usage, in total and per model, under a rising version', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    expect(await store.usage(sessionId)).toEqual({ version: 0, totals: {} })
    await spend(store, sessionId, 'small', 10)
    await spend(store, sessionId, 'large', 1)
    await spend(store, sessionId, 'small', 5)
    expect(await store.usage(sessionId)).toEqual({
      version: 3,
      totals: { inputTokens: 16, outputTokens: 3 },
      models: {
        small: { inputTokens: 15, outputTokens: 2 },
        large: { inputTokens: 1, outputTokens: 1 },
      },
    })
  })

  test('has the usage of a finished answer, and the context’s usage then', async () => {
    const { store } = await open()
    const run = await startRun(store)
    const contextUsage = { tokens: 70, limit: 100 }
    await store
      .writer(run)
      .finish({ reason: 'stop', usage: { outputTokens: 7 }, model: 'm', contextUsage }, [
        ended(run.runId),
      ])
    expect(await store.usage(run.sessionId)).toEqual({
      version: 1,
      totals: { outputTokens: 7 },
      models: { m: { outputTokens: 7 } },
      contextUsage,
    })
  })

  test('counts a child once, however often it is rolled up', async () => {
    const storage = testEngine(engine)
    const [a, b] = [await openTestStore({ storage }), await openTestStore({ storage })]
    const [parent, child] = [await sampleSession(a.store), await sampleSession(a.store)]
    await spend(a.store, parent, 'large', 1)
    await spend(a.store, child, 'small', 10)
    const sessions = { from: child, into: parent }
    const rolled = await Promise.all([a, b, a, b].map(({ store }) => store.rollUpUsage(sessions)))
    expect(rolled.filter((did) => did)).toHaveLength(1)
    await spend(a.store, child, 'small', 100)
    expect(await a.store.rollUpUsage(sessions)).toBe(false)
    expect(await b.store.usage(parent)).toEqual({
      version: 2,
      totals: { inputTokens: 11, outputTokens: 2 },
      models: {
        large: { inputTokens: 1, outputTokens: 1 },
        small: { inputTokens: 10, outputTokens: 1 },
      },
    })
  })

  test('still knows the child after a restart and after its removal', async () => {
    const storage = testEngine(engine)
    const { store } = await openTestStore({ storage })
    const [parent, child] = [await sampleSession(store), await sampleSession(store)]
    await spend(store, child, 'small', 10)
    expect(await store.rollUpUsage({ from: child, into: parent })).toBe(true)
    await store.close()
    const again = await openTestStore({ storage })
    expect(await again.store.rollUpUsage({ from: child, into: parent })).toBe(false)
    await again.store.sessions.delete(child)
    expect((await again.store.usage(parent)).totals).toEqual({ inputTokens: 10, outputTokens: 1 })
  })

  test('counts nothing for a child without usage, and may count it later', async () => {
    const { store } = await open()
    const [parent, child] = [await sampleSession(store), await sampleSession(store)]
    const sessions = { from: child, into: parent }
    expect(await store.rollUpUsage(sessions)).toBe(false)
    await spend(store, child, 'small', 10)
    expect(await store.rollUpUsage(sessions)).toBe(true)
  })

  test('names missing and invalid input', async () => {
    const { store } = await open()
    const sessionId = await sampleSession(store)
    await spend(store, sessionId, 'small', 10)
    const roll = (from: string, into: string) => store.rollUpUsage({ from, into })
    await expect(roll('nowhere', sessionId)).rejects.toMatchObject({ data: { value: 'nowhere' } })
    await expect(roll(sessionId, 'nowhere')).rejects.toMatchObject({ data: { value: 'nowhere' } })
    await expect(roll(sessionId, sessionId)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'into', value: sessionId },
    })
  })
})
