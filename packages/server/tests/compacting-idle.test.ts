import type { AgentPart } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import type { Store } from '@caughtup/store'
import { describe, expect, test } from 'vitest'

import type { SummariseContext, Summary } from '../src/host/summarise.ts'
import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import { openTestServer, testDatabase, type TestServerOptions } from './support/open-test-server.ts'

const after = 60_000
const compacting = { compactIdle: { after, at: 0.5 }, contextLimit: 1_000 }

type Call = SummariseContext & PromiseWithResolvers<Summary | string>

/** A server on a clock that the test moves, whose summaries the test writes. */
async function openIdle(options: TestServerOptions = {}, clock = new ManualClock()) {
  const calls: Call[] = []
  /** What the agent answers prompts with. */
  const script: { parts: AgentPart[] } = { parts: [] }
  const server = await openTestServer({
    agent: async function* () {
      yield* script.parts
    },
    summarise: (context) => {
      const call = { ...context, ...Promise.withResolvers<Summary | string>() }
      calls.push(call)
      return call.promise
    },
    ...compacting,
    ...options,
    clock,
  })
  const { store } = server
  const client = server.client()
  /** Moves the clock in small steps until it is so. */
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    for (let step = 0; step < 500; step++) {
      if (await isSo()) return
      await clock.advance(5)
    }
    throw new Error('It never became so.')
  }
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false
    const over = () => void (isOver = true)
    promise.then(over, over)
    await until(() => isOver)
    return promise
  }
  const isStill = async (sessionId: string) => (await store.head(sessionId)).head.run === undefined
  /** A prompt and its answer, which leaves so many tokens in the context. */
  const turn = async (sessionId: string, tokens: number) => {
    const usage = { inputTokens: tokens - 10, outputTokens: 10 }
    script.parts = [
      { type: 'text-delta', text: 'Yes' },
      { type: 'finish', finishReason: 'stop', totalUsage: usage },
    ]
    await during(client.messages.send({ sessionId, text: 'Hi' }))
    await until(() => isStill(sessionId))
  }
  const session = async (tokens: number) => {
    const { id } = await during(client.sessions.create({ title: 'Test' }))
    await turn(id, tokens)
    return id
  }
  const summarised = async (summary: Summary | string, index = 0) => {
    const { sessionId, resolve } = calls.splice(index, 1)[0]!
    resolve(summary)
    await until(() => isStill(sessionId))
  }
  return { ...server, clock, client, calls, script, until, during, turn, session, summarised }
}

async function eventsOf(store: Store, sessionId: string) {
  return (await store.events(sessionId, 0, { bytes: 1e9 })).events
}

async function compactionsOf(store: Store, sessionId: string) {
  const events = await eventsOf(store, sessionId)
  return events.filter((event) => event.type === 'run-started' && event.run.kind === 'compaction')
}

async function updatedAt(store: Store, sessionId: string) {
  return (await store.sessions.get(sessionId, 'me')).updatedAt
}

/** A session with one turn, written straight to the store. */
async function madeSession(store: Store, id: string, tokens: number) {
  await store.sessions.create({ sessionId: id, owner: 'me', title: id })
  const metadata = { createdAt: store.clock.now() }
  const text = (words: string) => [{ type: 'text' as const, text: words }]
  await store.append({
    sessionId: id,
    drafts: [
      {
        type: 'message-created',
        message: { id: 'p', role: 'user', status: 'done', parts: text('Hi'), metadata },
      },
      {
        type: 'message-created',
        message: { id: 'a', role: 'assistant', status: 'open', parts: text('Yes'), metadata },
      },
      {
        type: 'message-finished',
        messageId: 'a',
        reason: 'stop',
        contextUsage: { tokens, limit: 1_000 },
      },
    ],
  })
}

describe('an idle session', () => {
  test('at the share of the window is compacted once the time has passed, and not before', async () => {
    const { clock, session, store, calls, summarised } = await openIdle()
    const sessionId = await session(500)
    const since = await updatedAt(store, sessionId)
    await clock.advance(since + after - 1 - clock.now())
    expect(calls).toEqual([])
    await clock.advance(1_100)
    expect(calls).toMatchObject([
      { sessionId, messages: [{ role: 'user' }, { role: 'assistant' }] },
    ])
    expect(calls[0]).not.toHaveProperty('principal')
    await summarised({ text: 'They agreed.', contextUsage: { tokens: 20 } })
    const events = await eventsOf(store, sessionId)
    const started = events.findLast(({ type }) => type === 'run-started')!
    expect(started.at - since).toBeGreaterThanOrEqual(after)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'boundary', kind: 'compaction', trigger: 'idle' }),
    )
    const { head } = await store.head(sessionId)
    expect(head).toMatchObject({ epoch: 1, contextUsage: { tokens: 20, limit: 1_000 } })
    await clock.advance(10 * after)
    expect(calls).toEqual([])
  })

  test('below the share is left alone', async () => {
    const { clock, session, store, calls } = await openIdle()
    const sessionId = await session(499)
    await clock.advance(10 * after)
    expect(calls).toEqual([])
    expect(await compactionsOf(store, sessionId)).toEqual([])
  })

  test('counts its time from the newest activity', async () => {
    const { clock, session, turn, store, calls } = await openIdle()
    const sessionId = await session(600)
    await clock.advance(after - 5_000)
    await turn(sessionId, 700)
    const since = await updatedAt(store, sessionId)
    await clock.advance(since + after - 1 - clock.now())
    expect(calls).toEqual([])
    await clock.advance(1_100)
    expect(calls).toHaveLength(1)
  })

  test('stays in its place of the list, and as unread as it was', async () => {
    const { clock, session, client, during, summarised } = await openIdle()
    const sessionId = await session(600)
    await clock.advance(1_000)
    await session(10)
    const list = async () => {
      const { rows } = await during(client.activity.list())
      return rows.map(({ sessionId: id, recency, unread }) => ({ id, recency, unread }))
    }
    const before = await list()
    expect(before).toMatchObject([{ unread: 1 }, { id: sessionId, unread: 1 }])
    await clock.advance(after)
    await summarised('Short')
    expect(await list()).toEqual(before)
  })

  test('that waits for a person is left alone', async () => {
    const { clock, client, script, during, until, store, calls } = await openIdle()
    const { id: sessionId } = await during(client.sessions.create({ title: 'Test' }))
    const call = { toolCallId: 'a', toolName: 'remove', input: {} }
    script.parts = [
      { type: 'tool-call', ...call },
      { type: 'tool-approval-request', approvalId: 'b', toolCall: call },
      { type: 'finish', finishReason: 'tool-calls', totalUsage: { inputTokens: 900 } },
    ]
    await during(client.messages.send({ sessionId, text: 'Hi' }))
    const run = async () => (await store.head(sessionId)).head.run
    await until(async () => (await run())?.status === 'waiting')
    await clock.advance(10 * after)
    expect(calls).toEqual([])
    expect(await run()).toMatchObject({ status: 'waiting' })
  })

  test('is not compacted again for a summary that is large itself', async () => {
    const { clock, session, turn, calls, summarised, store } = await openIdle()
    const sessionId = await session(900)
    await clock.advance(after + 1_000)
    await summarised({ text: 'Long', contextUsage: { tokens: 800 } })
    await clock.advance(10 * after)
    expect(calls).toEqual([])
    await turn(sessionId, 850)
    await clock.advance(after + 1_000)
    expect(calls).toHaveLength(1)
    expect(await compactionsOf(store, sessionId)).toHaveLength(2)
  })
})

test('a prompt that comes while an idle session is compacted waits, and is answered on the summary', async () => {
  const { clock, session, client, during, until, summarised, store, script } = await openIdle()
  const sessionId = await session(600)
  await clock.advance(after + 1_000)
  script.parts = [{ type: 'text-delta', text: 'On the summary' }]
  expect(await during(client.messages.send({ sessionId, text: 'Back' }))).toMatchObject({
    queued: true,
  })
  await summarised('They agreed.')
  await until(async () => {
    const { messages } = await store.window(sessionId)
    return messages.length === 3 && messages[2]?.status === 'done'
  })
  const { messages } = await store.window(sessionId)
  expect(messages).toMatchObject([
    { role: 'system', parts: [{ text: 'They agreed.' }] },
    { role: 'user', parts: [{ text: 'Back' }] },
    { role: 'assistant', parts: [{ text: 'On the summary' }] },
  ])
})

test('a compaction that fails is told, and tried again once the time has passed anew', async () => {
  const { clock, session, store, calls, errors, until } = await openIdle()
  const sessionId = await session(600)
  await clock.advance(after + 1_000)
  calls.shift()!.reject(new Error('overloaded'))
  await until(async () => (await store.head(sessionId)).head.run === undefined)
  expect(errors.map(({ error }) => String(error))).toEqual(['Error: overloaded'])
  const since = await updatedAt(store, sessionId)
  await clock.advance(since + after - 1 - clock.now())
  expect(calls).toEqual([])
  await clock.advance(1_100)
  expect(calls).toHaveLength(1)
})

describe('what is due', () => {
  test('is found by the process that starts, also what became due while none ran', async () => {
    const file = testDatabase()
    const first = await openIdle({ file, closes: true })
    const { clock } = first
    const sessionId = await first.session(600)
    await clock.advance(after / 2)
    await first.during(first.chat.close())
    await first.during(first.store.close())
    const next = await openIdle({ file }, clock)
    await clock.advance(after / 2 - 2_000)
    expect(next.calls).toEqual([])
    await clock.advance(3_000)
    expect(next.calls).toMatchObject([{ sessionId }])
    await next.summarised('Short')
    await clock.advance(10 * after)
    expect(next.calls).toEqual([])
  })

  test('is found among many that are not, and two at most are compacted at once', async () => {
    const { clock, store, calls, during, summarised } = await openIdle()
    const due = ['s-003', 's-120', 's-199', 's-200', 's-249']
    for (let index = 0; index < 250; index++) {
      const id = `s-${String(index).padStart(3, '0')}`
      await during(madeSession(store, id, due.includes(id) ? 900 : 400))
    }
    const compacted: string[] = []
    await clock.advance(after + 10_000)
    while (calls.length > 0) {
      expect(calls.length).toBeLessThanOrEqual(2)
      compacted.push(calls[0]!.sessionId)
      await summarised('Short')
      await clock.advance(5_000)
    }
    expect(compacted).toEqual(due)
  })

  test('is compacted by one of two processes', async () => {
    const file = testDatabase()
    const one = await openIdle({ file })
    const { clock } = one
    const other = await openIdle({ file }, clock)
    const sessionId = await one.session(600)
    await clock.advance(after + 2_000)
    expect(one.calls.length + other.calls.length).toBe(1)
    const { summarised } = one.calls.length === 1 ? one : other
    await summarised('Short')
    await clock.advance(10 * after)
    expect(await compactionsOf(one.store, sessionId)).toHaveLength(1)
    expect([...one.errors, ...other.errors]).toEqual([])
  })

  test('is left alone if something happens between the look and the compaction', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined
    const hooks: StorageHooks = {
      async messages() {
        const change = meanwhile
        meanwhile = undefined
        await change?.()
      },
    }
    const storage = interceptedStorage(testDatabase(), hooks)
    const { clock, session, store, calls } = await openIdle({ storage })
    const sessionId = await session(600)
    const drafts = [{ type: 'boundary', kind: 'reset', trigger: 'user' } as const]
    meanwhile = () => store.append({ sessionId, drafts })
    await clock.advance(10 * after)
    expect(meanwhile).toBeUndefined()
    expect(calls).toEqual([])
    expect(await compactionsOf(store, sessionId)).toEqual([])
  })

  test('waits for the database, and not for ever', async () => {
    const file = testDatabase()
    let isDown = true
    const down = () => {
      if (isDown) throw new Error('The disk is gone.')
    }
    const hooks = { idleSessions: down }
    const { clock, session, calls, errors } = await openIdle({
      storage: interceptedStorage(file, hooks),
    })
    const sessionId = await session(600)
    await clock.advance(after + 5_000)
    expect(calls).toEqual([])
    expect(errors[0]).toMatchObject({ where: 'compacting idle sessions' })
    isDown = false
    await clock.advance(1_000)
    expect(calls).toMatchObject([{ sessionId }])
  })

  test('is not looked for once the server closes, or without the option', async () => {
    for (const options of [{}, { compactIdle: undefined }] as TestServerOptions[]) {
      let looks = 0
      const hooks = { idleSessions: () => void looks++ }
      const storage = interceptedStorage(testDatabase(), hooks)
      const { clock, chat, during } = await openIdle({ storage, ...options })
      await clock.advance(10_000)
      expect(looks > 0).toBe('compactIdle' in options === false)
      await during(chat.close())
      const seen = looks
      await clock.advance(10_000)
      expect(looks).toBe(seen)
    }
  })
})

describe('the host', () => {
  test('compacts a session from its own code, in its turn', async () => {
    const { session, chat, during, until, store, calls } = await openIdle()
    const sessionId = await session(10)
    expect(await during(chat.compact(sessionId))).toEqual({
      runId: expect.any(String),
      queued: false,
    })
    expect(await during(chat.compact(sessionId))).toMatchObject({ queued: true })
    expect(calls).toHaveLength(1)
    expect(calls[0]).not.toHaveProperty('principal')
    calls[0]!.resolve('Short')
    await until(() => calls.length === 2)
    expect(await eventsOf(store, sessionId)).toContainEqual(
      expect.objectContaining({ type: 'boundary', trigger: 'auto' }),
    )
  })

  test('is told why a session cannot be compacted', async () => {
    const { chat, during } = await openIdle()
    await expect(during(chat.compact('nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { chat: plain } = await openTestServer()
    await expect(plain.compact('nowhere')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { reason: 'no-summarise' },
    })
  })

  test.each([
    [{ after: 0, at: 0.5 }, /`compactIdle.after` must be a number of ms above 0, not 0/],
    [{ after: Infinity, at: 0.5 }, /`compactIdle.after` must be a number of ms above 0/],
    [{ after, at: 0 }, /`compactIdle.at` must be a number above 0 and at most 1, not 0/],
    [{ after }, /`compactIdle.at` must be a number above 0 and at most 1, not undefined/],
    [60_000, /`compactIdle.after` must be a number of ms above 0, not undefined/],
  ])('cannot ask for %o', async (compactIdle, words) => {
    await expect(openIdle({ compactIdle } as TestServerOptions)).rejects.toThrow(words)
  })

  test('needs `summarise` to compact idle sessions', async () => {
    await expect(openTestServer(compacting)).rejects.toThrow(/`compactIdle` needs `summarise`/)
  })
})
