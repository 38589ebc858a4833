import type { Usage } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import type { Price } from '../src/host/price.ts'
import {
  openTestServer,
  readUntil,
  testDatabase,
  type TestServerOptions,
} from './support/open-test-server.ts'

/** Per token; the input that a cache took or gave has prices of its own. */
const prices: Record<string, { input: number; output: number; read: number; write: number }> = {
  large: { input: 10, output: 50, read: 1, write: 12 },
  small: { input: 1, output: 5, read: 0.5, write: 2 },
}

const price: Price = (model, usage) => {
  const rates = prices[model]
  if (!rates) return undefined
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage
  const plain = inputTokens - cachedInputTokens - cacheWriteTokens
  return (
    plain * rates.input +
    outputTokens * rates.output +
    cachedInputTokens * rates.read +
    cacheWriteTokens * rates.write
  )
}

async function openSession(options: TestServerOptions = { price }) {
  const server = await openTestServer(options)
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const spend = (add: Usage, model?: string, id = sessionId) =>
    server.store.append({
      sessionId: id,
      drafts: [{ type: 'usage', add, ...(model !== undefined && { models: { [model]: add } }) }],
    })
  const cost = async (id = sessionId) => (await client.usage.get({ sessionId: id })).cost
  return { ...server, client, sessionId, spend, cost }
}

describe('the cost of a session', () => {
  test('sums those of its models, with what a cache took and gave apart', async () => {
    const { spend, cost } = await openSession()
    expect(await cost()).toEqual({ amount: 0 })
    await spend({ inputTokens: 10, outputTokens: 2 }, 'large')
    await spend({ inputTokens: 10, cachedInputTokens: 8, cacheWriteTokens: 1 }, 'large')
    await spend({ inputTokens: 3, outputTokens: 1 }, 'small')
    expect(await cost()).toEqual({ amount: 100 + 100 + (10 + 8 + 12) + (3 + 5) })
  })

  test('is told for each epoch too, and adds up', async () => {
    const { client, sessionId, spend, cost } = await openSession()
    await spend({ inputTokens: 10, outputTokens: 2 }, 'large')
    await client.history.reset({ sessionId })
    await spend({ outputTokens: 1 }, 'small')
    await spend({ outputTokens: 7 })
    expect(await client.usage.epochs({ sessionId })).toEqual({
      version: 3,
      epochs: [
        {
          epoch: 1,
          totals: { outputTokens: 8 },
          models: { small: { outputTokens: 1 } },
          cost: { amount: 5, unpriced: ['other'] },
        },
        {
          epoch: 0,
          totals: { inputTokens: 10, outputTokens: 2 },
          models: { large: { inputTokens: 10, outputTokens: 2 } },
          cost: { amount: 200 },
        },
      ],
      nextCursor: null,
    })
    expect(await cost()).toEqual({ amount: 205, unpriced: ['other'] })
    const newest = await client.usage.epochs({ sessionId, limit: 1 })
    expect(newest).toMatchObject({ epochs: [{ epoch: 1 }], nextCursor: { before: 1 } })
    const cursor = newest.nextCursor!
    expect((await client.usage.epochs({ sessionId, cursor })).epochs).toMatchObject([{ epoch: 0 }])
  })

  test('says which models have no price, also where usage names no model', async () => {
    const { spend, cost } = await openSession()
    await spend({ outputTokens: 1 }, 'small')
    await spend({ outputTokens: 7 }, 'unheard-of')
    expect(await cost()).toEqual({ amount: 5, unpriced: ['unheard-of'] })
    await spend({ outputTokens: 7 })
    expect(await cost()).toEqual({ amount: 5, unpriced: ['unheard-of', 'other'] })
  })

  test('prices usage that names no model as `other`', async () => {
    const asked: unknown[] = []
    const { spend, cost } = await openSession({
      price: (model, usage) => {
        asked.push([model, usage])
        return 1
      },
    })
    await spend({ outputTokens: 7 }, 'small')
    await spend({ inputTokens: 3, outputTokens: 2 })
    expect(await cost()).toEqual({ amount: 2 })
    expect(asked).toEqual([
      ['small', { outputTokens: 7 }],
      ['other', { inputTokens: 3, outputTokens: 2 }],
    ])
  })

  test('follows the prices of today', async () => {
    const file = testDatabase()
    const { spend, cost, client, sessionId, chat, store } = await openSession({
      price,
      file,
      closes: true,
    })
    await spend({ outputTokens: 2 }, 'large')
    const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
    const caughtUp = (await readUntil(stream, 'caught-up')).at(-1)
    expect(caughtUp).toMatchObject({ usage: { cost: { amount: 100 } } })
    expect(await cost()).toEqual({ amount: 100 })
    await chat.close()
    await store.close()
    const next = (await openTestServer({ file, price: () => 3 })).client()
    expect((await next.usage.get({ sessionId })).cost).toEqual({ amount: 3 })
    const cursor = caughtUp?.type === 'caught-up' ? caughtUp.cursor : ''
    const resumed = await next.onChat({ sessionId, mode: { type: 'since', cursor } })
    expect((await readUntil(resumed, 'caught-up')).at(-1)).toMatchObject({
      mode: 'since',
      usage: { version: 1, cost: { amount: 3 } },
    })
  })

  test('has that of the children that were added to it', async () => {
    const { spend, cost, store, client, sessionId } = await openSession()
    const { id: child } = await client.sessions.create({ title: 'Child' })
    await spend({ outputTokens: 2 }, 'large', child)
    await spend({ outputTokens: 1 }, 'small')
    await store.rollUpUsage({ from: child, into: sessionId })
    expect(await cost()).toEqual({ amount: 105 })
  })

  test('is in every replay and in live events, and never in the journal', async () => {
    const { spend, client, sessionId } = await openSession()
    const first = await client.onChat({ sessionId, mode: { type: 'full' } })
    const begin = (await readUntil(first, 'caught-up')).at(-1)
    await spend({ outputTokens: 1 }, 'small')
    const usage = { cost: { amount: 5 } }
    const live = await readUntil(first, 'events')
    expect(live.at(-1)).toMatchObject({ events: [{ type: 'usage', ...usage }] })
    const cursor = begin?.type === 'caught-up' ? begin.cursor : ''
    for (const mode of [{ type: 'full' }, { type: 'since', cursor }, { type: 'live' }] as const) {
      const stream = await client.onChat({ sessionId, mode })
      const frames = await readUntil(stream, 'caught-up')
      expect(frames.at(-1)).toMatchObject({ usage })
      const events = frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))
      const missed = mode.type === 'since' ? [{ type: 'usage', ...usage }] : []
      expect(events).toMatchObject(missed)
    }
    const { events } = await client.events.list({ sessionId, from: 'newest' })
    expect(events[0]).toMatchObject({ type: 'usage', version: 1 })
    expect(events[0]).not.toHaveProperty('cost')
  })

  test('is unknown to a server without prices', async () => {
    const { spend, cost } = await openSession({})
    await spend({ outputTokens: 1 }, 'small')
    expect(await cost()).toBeUndefined()
  })
})

test.each([
  ['throws', () => JSON.parse('{')],
  ['returns NaN', () => NaN],
  ['returns Infinity', () => Infinity],
  ['returns a text', () => '5'],
])(
  'a price function that %s makes the model one without a price, and is reported',
  async (_, bad) => {
    const { spend, cost, errors } = await openSession({
      price: (model) => (model === 'small' ? 5 : (bad() as number)),
    })
    await spend({ outputTokens: 1 }, 'small')
    await spend({ outputTokens: 1 }, 'broken')
    expect(await cost()).toEqual({ amount: 5, unpriced: ['broken'] })
    expect(errors.map(({ where }) => where)).toEqual(['pricing a usage'])
  },
)
