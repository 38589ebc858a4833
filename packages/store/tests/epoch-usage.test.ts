import { addModels, addUsage, type EpochUsage, type EventDraft, type Usage } from '@caughtup/schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Store } from '../src/store.ts'
import { openTestStore } from './support/open-test-store.ts'
import { append, sampleMessage, sampleSession } from './support/sample-history.ts'
import { engines, testEngine } from './support/test-engines.ts'

const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const

function spent(add: Usage, model?: string): EventDraft {
  return { type: 'usage', add, ...(model !== undefined && { models: { [model]: add } }) }
}

async function allEpochs(store: Store, sessionId: string, limit: number): Promise<EpochUsage[]> {
  const epochs: EpochUsage[] = []
  for (let before: number | undefined; ;) {
    const options = { limit, ...(before !== undefined && { before }) }
    const page = await store.usageByEpoch(sessionId, options)
    epochs.push(...page.epochs)
    if (!page.nextCursor) return epochs
    expect(page.epochs).toHaveLength(limit)
    before = page.nextCursor.before
  }
}

const amount = fc.integer({ min: 0, max: 1_000 })
const usage = fc.record(
  { inputTokens: amount, outputTokens: amount, reasoningTokens: amount },
  { requiredKeys: [] },
)
const model = fc.constantFrom(undefined, 'small', 'large')
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ step: fc.constant('answer' as const), usage, model }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('compact' as const), usage, model }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom('reset', 'child', 'delete', 'erase', 'undo', 'trim', 'reopen'),
    }),
  },
)

describe.each(engines)('the usage of each epoch on %s', (engine) => {
  test('adds up to the ledger, whatever becomes of messages and entries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const storage = testEngine(engine)
        let { store } = await openTestStore({ storage })
        const sessionId = await sampleSession(store, [])
        const expected: { totals: Usage; models: Record<string, Usage> }[] = [
          { totals: {}, models: {} },
        ]
        const add = (used: Usage, name?: string) => {
          const now = expected.at(-1)!
          now.totals = addUsage(now.totals, used)
          if (name !== undefined) now.models = addModels(now.models, { [name]: used })
        }
        let made = 0
        for (const each of steps) {
          const id = `m${made++}`
          switch (each.step) {
            case 'answer':
              await append(store, sessionId, [
                { type: 'message-created', message: sampleMessage(`u${id}`, 'user') },
                { type: 'message-created', message: sampleMessage(id, 'assistant') },
                spent(each.usage, each.model),
              ])
              add(each.usage, each.model)
              break
            case 'compact': {
              const boundary = { kind: 'compaction', trigger: 'user' } as const
              const summary = sampleMessage(id, 'system', { boundary })
              const drafts = [{ type: 'boundary' as const, ...boundary, summary }]
              await append(store, sessionId, [...drafts, spent(each.usage, each.model)])
              expected.push({ totals: {}, models: {} })
              add(each.usage, each.model)
              break
            }
            case 'reset':
              await append(store, sessionId, [reset])
              expected.push({ totals: {}, models: {} })
              break
            case 'child': {
              const child = await sampleSession(store)
              await append(store, child, [spent({ inputTokens: 7 }, 'small')])
              await store.rollUpUsage({ from: child, into: sessionId })
              add({ inputTokens: 7 }, 'small')
              break
            }
            case 'delete':
            case 'erase': {
              const { messages } = await store.page(sessionId, { limit: 1 })
              const [last] = messages
              if (!last) break
              if (each.step === 'erase') await store.history.erase(sessionId, [last.id])
              // Only messages of the newest epoch can be deleted.
              else if (last.role !== 'system' && last.epoch === expected.length - 1) {
                await store.history.delete(sessionId, last.id)
              }
              break
            }
            case 'undo':
              await store.history.undo(sessionId).catch(() => undefined)
              break
            case 'trim': {
              const { head } = await store.head(sessionId)
              if (head.seq > 0) await store.journal.delete(sessionId, head.seq)
              break
            }
            case 'reopen':
              await store.close()
              store = (await openTestStore({ storage })).store
          }
        }
        const epochs = await allEpochs(store, sessionId, 2)
        expect(epochs.map(({ epoch }) => epoch)).toEqual([...expected.keys()].toReversed())
        const { version, totals, models } = await store.usage(sessionId)
        const sum = epochs.reduce<{ totals: Usage; models: Record<string, Usage> }>(
          (a, b) => ({
            totals: addUsage(a.totals, b.totals),
            models: addModels(a.models, b.models ?? {}),
          }),
          { totals: {}, models: {} },
        )
        expect(sum.totals).toEqual(totals)
        expect(withoutEmpty(sum.models)).toEqual(withoutEmpty(models ?? {}))
        expect((await store.usageByEpoch(sessionId)).version).toBe(version)
        for (const [epoch, used] of expected.entries()) {
          const told = epochs.find((each) => each.epoch === epoch)!
          expect(withoutZeros(told.totals)).toEqual(withoutZeros(used.totals))
          const ofModels = Object.entries(used.models).map(([name, of]) => [name, withoutZeros(of)])
          const toldModels = Object.entries(told.models ?? {}).map(([name, of]) => [
            name,
            withoutZeros(of),
          ])
          expect(withoutEmpty(Object.fromEntries(toldModels))).toEqual(
            withoutEmpty(Object.fromEntries(ofModels)),
          )
        }
        await store.close()
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('comes in pages, and of a session that has used nothing too', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    expect(await store.usageByEpoch(sessionId)).toEqual({
      version: 0,
      epochs: [{ epoch: 0, totals: {} }],
      nextCursor: null,
    })
    for (let tokens = 1; tokens <= 4; tokens++) {
      await append(store, sessionId, [spent({ outputTokens: tokens }), reset])
    }
    expect(await store.usageByEpoch(sessionId, { limit: 2 })).toEqual({
      version: 4,
      epochs: [
        { epoch: 4, totals: {} },
        { epoch: 3, totals: { outputTokens: 4 } },
      ],
      nextCursor: { before: 3 },
    })
    expect(await store.usageByEpoch(sessionId, { before: 1, limit: 2 })).toEqual({
      version: 4,
      epochs: [{ epoch: 0, totals: { outputTokens: 1 } }],
      nextCursor: null,
    })
    expect((await store.usageByEpoch(sessionId, { before: 0 })).epochs).toEqual([])
    expect((await store.usageByEpoch(sessionId, { before: 99 })).epochs).toHaveLength(5)
    const others = sampleSession(store).then((id) => store.usageByEpoch(id))
    expect((await others).epochs).toEqual([{ epoch: 0, totals: {} }])
  })

  test('is refused for sessions that are not there, and beyond the most of a page', async () => {
    const { store } = await openTestStore({ storage: testEngine(engine) })
    const sessionId = await sampleSession(store)
    await expect(store.usageByEpoch('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(store.usageByEpoch(sessionId, { limit: 201 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'limit', limit: 200 },
    })
    await expect(store.usageByEpoch(sessionId, { before: -1 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'before' },
    })
  })
})

/** In the sum, what an epoch did not report is not told from a 0 that it did. */
function withoutZeros(used: Usage): Usage {
  return Object.fromEntries(Object.entries(used).filter(([, tokens]) => tokens !== 0))
}

/** A model that reported no count is in the ledger alone. */
function withoutEmpty(models: Readonly<Record<string, Usage>>): Record<string, Usage> {
  return Object.fromEntries(Object.entries(models).filter(([, of]) => Object.keys(of).length > 0))
}
