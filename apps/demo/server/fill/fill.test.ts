import type { Message } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { createChatServer } from '@caughtup/server'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'

import { sayText } from '../text/speak.ts'
import { createFillClient, type FillClient } from './fill-client.ts'
import { countPrompts, fillPlan } from './fill-plan.ts'
import { fill, type Filling } from './fill.ts'

const plan = fillPlan([], { turns: 12, turnsPerEpoch: 4 })
const long = plan.at(-1)!
const total = countPrompts(plan.flatMap(({ steps }) => steps))

async function testStore(): Promise<Store> {
  const store = await createStore({
    storage: sqlite({ path: ':memory:' }),
    limits: { sendsPerMinute: 1_000 },
  })
  onTestFinished(() => store.close())
  return store
}

/** A chat server that answers every prompt with one word. */
function startServer(store: Store) {
  const chat = createChatServer({
    store,
    agent: ({ signal }) =>
      sayText('Yes.', 'answer', { clock: systemClock, perSecond: Infinity, signal }),
    summarise: async ({ messages }) => `A summary of ${messages.length} messages.`,
    principal: () => ({ id: 'local' }),
  })
  onTestFinished(() => chat.close())
  return { chat, client: createFillClient(chat, { headers: new Headers() }) }
}

/** Fills the database, or stops after `until` answered prompts. */
async function run(store: Store, client: FillClient, until = Infinity): Promise<Filling[]> {
  const stopping = new AbortController()
  const seen: Filling[] = []
  const onProgress = (filling: Filling) => {
    seen.push(filling)
    if (typeof filling === 'object' && filling.done >= until) stopping.abort(new Error('killed'))
  }
  const { signal } = stopping
  await fill({ store, client, plan, signal, onSession: () => undefined, onProgress })
  return seen
}

async function rows(client: FillClient) {
  return (await client.activity.list({ limit: 200 })).rows
}

/** Every message of the session with this title, oldest first. */
async function history(client: FillClient, title: string): Promise<Message[]> {
  const row = (await rows(client)).find((one) => one.title === title)!
  const messages: Message[] = []
  let before: { before: number } | null | undefined
  do {
    const cursor = before ? { cursor: before } : {}
    const page = await client.history.loadMore({ sessionId: row.sessionId, ...cursor })
    messages.unshift(...page.messages)
    before = page.nextCursor
  } while (before)
  return messages
}

const promptIds = (messages: Message[]) =>
  messages.filter(({ role }) => role === 'user').map(({ id }) => id)
const expectedIds = Array.from({ length: 12 }, (_, index) => `fill-${index + 1}`)

describe('fill', () => {
  it('creates the planned sessions, the long one last in the list', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    const seen = await run(store, client)
    expect(seen[0]).toEqual({ done: 0, total })
    expect(seen.at(-2)).toEqual({ done: total, total })
    expect(seen.at(-1)).toBe('done')
    const titles = (await rows(client)).map(({ title }) => title)
    expect(titles.toSorted()).toEqual(plan.map(({ title }) => title).toSorted())
    expect(titles.at(-1)).toBe(long.title)
  })

  it('ends epochs of the long session with compactions and a reset', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    await run(store, client)
    const messages = await history(client, long.title)
    expect(promptIds(messages)).toEqual(expectedIds)
    expect(new Set(messages.map(({ epoch }) => epoch))).toEqual(new Set([0, 1, 2]))
    const summaries = messages.filter(({ role }) => role === 'system')
    expect(summaries.map(({ epoch, metadata }) => [epoch, metadata.boundary!.kind])).toEqual([
      [2, 'compaction'],
    ])
  })

  it('leaves nothing unread', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    await run(store, client)
    expect((await rows(client)).map(({ unread }) => unread)).toEqual(plan.map(() => 0))
  })

  it.each([1, 3, 14, 15, 18, 22])('resumes where it was killed after %i prompts', async (until) => {
    const store = await testStore()
    const first = startServer(store)
    await expect(run(store, first.client, until)).rejects.toThrow('killed')
    await first.chat.close()
    const second = startServer(store)
    const [start] = await run(store, second.client)
    expect(start).toEqual({ done: until, total })
    const messages = await history(second.client, long.title)
    expect(promptIds(messages)).toEqual(expectedIds)
    expect(messages.at(-1)!.epoch).toBe(2)
    expect(await rows(second.client)).toHaveLength(plan.length)
  })

  it('changes nothing when it has run before', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    await run(store, client)
    const before = await rows(client)
    expect(await run(store, client)).toEqual([{ done: total, total }, 'done'])
    expect(await rows(client)).toEqual(before)
  })

  it('leaves a database with other sessions alone', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    await client.sessions.create({ title: 'Mine' })
    await run(store, client)
    expect((await rows(client)).map(({ title }) => title)).toEqual(['Mine'])
  })

  it('skips a session that was deleted meanwhile', async () => {
    const store = await testStore()
    const { client } = startServer(store)
    await expect(run(store, client, 2)).rejects.toThrow('killed')
    const row = (await rows(client)).find(({ title }) => title === long.title)!
    await client.sessions.delete({ sessionId: row.sessionId })
    await run(store, client)
    const titles = (await rows(client)).map(({ title }) => title)
    expect(titles).toHaveLength(plan.length - 1)
    expect(titles).not.toContain(long.title)
  })
})
