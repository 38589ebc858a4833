import {
  type Event,
  type EventDraft,
  type EventFilter,
  eventPage,
  type Limits,
} from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import type { Store } from '@caughtup/store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  type Client,
  fetchClient,
  openTestServer,
  readUntil,
  serveTest,
} from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

type ListInput = Parameters<Client['events']['list']>[0]

const full = { type: 'full' } as const
const reset = { type: 'boundary', kind: 'reset', trigger: 'user' } as const

function created(id: string, length = 1): EventDraft {
  const parts = [{ type: 'text' as const, text: 'x'.repeat(length) }]
  const metadata = { createdAt: 1 }
  return {
    type: 'message-created',
    message: { id, role: 'user', status: 'done', parts, metadata },
  }
}

/** A server on a port, whose clock stands still, with clients that speak HTTP with it. */
async function open(limits: Partial<Limits> = {}) {
  const clock = new ManualClock()
  const scripted = new ScriptedAgent()
  const { store, chat } = await openTestServer({ limits, clock, agent: scripted.agent })
  const { url } = await serveTest(chat)
  const client = (principal = 'me') => fetchClient(fetch, principal, `${url}/rpc`)
  const { id: sessionId } = await store.sessions.create({ owner: 'me', members: ['you'] })
  return { store, clock, scripted, client, sessionId }
}

/** Three epochs; many entries of the same ms, some of them of different types. */
async function fill(store: Store, clock: ManualClock, sessionId: string) {
  for (let epoch = 0; epoch < 3; epoch++) {
    for (let turn = 0; turn < 3; turn++) {
      const id = `${epoch}-${turn}`
      const usage = { type: 'usage', add: { inputTokens: 1 } } as const
      await store.append({ sessionId, drafts: [created(id), usage] })
      if (turn === 1) await clock.advance(10)
    }
    await store.append({ sessionId, drafts: [reset] })
  }
  await store.history.edit(sessionId, '0-0', { parts: [] }).catch(() => undefined)
}

/** The entries of all pages, in the order in which they came. */
async function everyPage(client: Client, input: ListInput): Promise<Event[]> {
  const events: Event[] = []
  for (let cursor: number | null | undefined; cursor !== null;) {
    const asked = { ...input, ...(cursor !== undefined && { cursor }) }
    const page = eventPage.parse(await client.events.list(asked))
    expect(page.events.length).toBeLessThanOrEqual(input.limit ?? 50)
    expect(page.nextCursor).toBe(page.nextCursor === null ? null : page.events.at(-1)?.seq)
    events.push(...page.events)
    cursor = page.nextCursor
  }
  return events
}

function matches(event: Event, filter: EventFilter): boolean {
  const { types, epoch, after = 0, before = Infinity, since = 0, until = Infinity } = filter
  return (
    (!types || types.includes(event.type)) &&
    (epoch === undefined || event.epoch === epoch) &&
    event.seq > after &&
    event.seq < before &&
    event.at >= since &&
    event.at < until
  )
}

describe('the journal on the wire', () => {
  test('has no next page with as many entries as the limit, and one with one more', async () => {
    const { store, client, sessionId } = await open()
    const drafts = Array.from({ length: 4 }, (_, index) => created(`m${index}`))
    await store.append({ sessionId, drafts: [...drafts, reset] })
    const filter = { types: ['message-created' as const] }
    for (const [from, first, third] of [
      ['oldest', 1, 3],
      ['newest', 4, 2],
    ] as const) {
      const page = (limit: number) => client().events.list({ sessionId, filter, from, limit })
      const whole = await page(4)
      expect([whole.events.length, whole.events[0]?.seq, whole.nextCursor]).toEqual([
        4,
        first,
        null,
      ])
      const less = await page(3)
      expect([less.events.length, less.nextCursor]).toEqual([3, third])
    }
    expect(await client().events.summary({ sessionId, filter })).toMatchObject({ total: 4 })
  })

  test('has for any filter the entries that match, in both directions, and their exact number', async () => {
    const { store, clock, client, sessionId } = await open()
    const start = clock.now()
    await fill(store, clock, sessionId)
    const all = await everyPage(client(), { sessionId, limit: 200 })
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1))
    expect(new Set(all.map(({ at }) => at)).size).toBeLessThan(all.length / 3)
    const seq = fc.nat({ max: all.length + 2 })
    const time = fc.constantFrom(start, start + 10, start + 20, start + 30, start + 31)
    const types = ['message-created', 'usage', 'boundary', 'run-started'] as const
    const filters: fc.Arbitrary<EventFilter> = fc.record(
      {
        types: fc.subarray([...types]),
        epoch: fc.nat({ max: 4 }),
        after: seq,
        before: seq,
        since: time,
        until: time,
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 30 }), async (filter, limit) => {
        const expected = all.filter((event) => matches(event, filter))
        const input = { sessionId, filter, limit }
        expect(await everyPage(client(), input)).toEqual(expected)
        const back = await everyPage(client(), { ...input, from: 'newest' })
        expect(back).toEqual(expected.toReversed())
        const {
          total,
          types: byType,
          first,
          last,
        } = await client().events.summary({
          sessionId,
          filter,
        })
        expect([total, first, last]).toEqual([
          expected.length,
          expected[0]?.seq,
          expected.at(-1)?.seq,
        ])
        for (const type of types) {
          const count = expected.filter((event) => event.type === type).length
          expect(byType[type] ?? 0).toBe(count)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('ends a page at pageBytes, with at least one entry', async () => {
    const { store, client, sessionId } = await open({ pageBytes: 2_000 })
    const drafts = [3_000, 700, 700, 700].map((length, index) => created(`m${index}`, length))
    await store.append({ sessionId, drafts })
    const pages: number[][] = []
    for (let cursor: number | null = 0; cursor !== null;) {
      const page = await client().events.list({ sessionId, cursor })
      pages.push(page.events.map(({ seq }) => seq))
      cursor = page.nextCursor
    }
    expect(pages).toEqual([[1], [2, 3], [4]])
  })

  test('gives single entries, and only to members of the session', async () => {
    const { store, client, sessionId } = await open()
    await store.append({ sessionId, drafts: [created('m'), reset] })
    const { id: other } = await store.sessions.create({ owner: 'she' })
    await store.append({ sessionId: other, drafts: [created('a'), created('b'), created('c')] })
    expect(await client('you').events.get({ sessionId, seq: 2 })).toMatchObject({
      seq: 2,
      type: 'boundary',
    })
    for (const seq of [0, 3]) {
      await expect(client().events.get({ sessionId, seq })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        data: { field: 'seq', value: String(seq) },
      })
    }
    const { events } = client('you')
    for (const call of [
      events.get({ sessionId: other, seq: 3 }),
      events.list({ sessionId: other }),
      events.summary({ sessionId: other }),
      events.delete({ sessionId: other, upTo: 1 }),
      events.delete({ sessionId, upTo: 1 }),
    ]) {
      await expect(call).rejects.toMatchObject({
        code: 'NOT_FOUND',
        data: { field: 'sessionId' },
      })
    }
    expect(await client('she').events.summary({ sessionId: other })).toMatchObject({
      total: 3,
      floor: 0,
    })
  })
})

describe('deleting the oldest entries', () => {
  test('tells the floor, keeps the messages, and gives older cursors a full replay', async () => {
    const { store, clock, client, sessionId } = await open()
    await fill(store, clock, sessionId)
    const me = client()
    const before = await me.events.list({ sessionId })
    const newest = (await store.head(sessionId)).cursor
    const pages = await me.history.loadMore({ sessionId, cursor: { after: 0 } })
    expect(await me.events.delete({ sessionId, upTo: 9 })).toEqual({ floor: 9 })
    const left = before.events.slice(9)
    expect(await me.events.list({ sessionId })).toEqual({ events: left, nextCursor: null })
    const { total, first, floor } = await me.events.summary({ sessionId })
    expect([total, first, floor]).toEqual([left.length, 10, 9])
    await expect(me.events.get({ sessionId, seq: 9 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await me.history.loadMore({ sessionId, cursor: { after: 0 } })).toEqual(pages)
    for (const [seq, mode] of [
      [8, { mode: 'full', reason: 'cursor-expired' }],
      [9, { mode: 'since' }],
    ] as const) {
      const cursor = `${newest.journal}.${seq}.${newest.tag}`
      const stream = await me.onChat({ sessionId, mode: { type: 'since', cursor } })
      expect((await readUntil(stream, 'caught-up'))[0]).toMatchObject({ type: 'replay', ...mode })
      await stream.return?.()
    }
    // Never the other way.
    expect(await me.events.delete({ sessionId, upTo: 2 })).toEqual({ floor: 9 })
  })

  test('leaves what an open message needs, and its live streams continue', async () => {
    const { store, scripted, client, sessionId } = await open()
    const me = client()
    const stream = await me.onChat({ sessionId, mode: full })
    await readUntil(stream, 'caught-up')
    await me.messages.send({ sessionId, text: 'Tell me' })
    const run = await scripted.run()
    run.say('Once ')
    await settle()
    await store.flushAll()
    await me.messages.send({ sessionId, text: 'And then?' })
    const { open: before, head } = await store.head(sessionId)
    const { floor } = await me.events.delete({ sessionId, upTo: 1_000 })
    expect([floor, head.seq]).toEqual([before[0]?.revision, floor + 1])
    run.say('upon')
    await settle()
    await store.flushAll()
    run.finish()
    await scripted.run()
    const isEnd = ({ events }: { events: readonly Event[] }) =>
      events.some(({ type }) => type === 'run-ended')
    await readUntil(stream, 'events', isEnd)
    const fresh = await me.onChat({ sessionId, mode: full })
    const [, window] = await readUntil(fresh, 'caught-up')
    expect(window).toMatchObject({
      messages: [
        { role: 'user' },
        { status: 'done', parts: [{ text: 'Once upon' }] },
        { parts: [{ text: 'And then?' }] },
        { status: 'open' },
      ],
    })
  })
})
