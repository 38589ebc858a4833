import type { AgentPart } from '@caughtup/schema'
import { ManualClock, settle } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import {
  type Client,
  openTestServer,
  readUntil,
  testDatabase,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'
import type { HookOptions, RunEndedEvent, RunWaitingEvent } from '../host/hooks.ts'

const lease = 6_000

/** Hooks that remember their calls; `act` may throw or wait. */
function recorder(
  act: (event: RunEndedEvent | RunWaitingEvent, signal: AbortSignal) => unknown = () => {},
) {
  const ended: RunEndedEvent[] = []
  const waits: RunWaitingEvent[] = []
  const hooks: HookOptions = {
    async runEnded(event, signal) {
      ended.push(event)
      await act(event, signal)
    },
    async runWaiting(event, signal) {
      waits.push(event)
      await act(event, signal)
    },
  }
  return { ended, waits, hooks }
}

async function openServer({
  file = testDatabase(),
  clock = new ManualClock(),
  ...options
}: TestServerOptions & { clock?: ManualClock } = {}) {
  const store = await createStore({ storage: sqlite({ path: file }), clock })
  onTestFinished(() => store.close())
  const server = await openTestServer({ store, lease, ...options })
  return { ...server, file, clock }
}

/** Sends a prompt in a new session. */
async function send(client: Client) {
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const { runId } = await client.messages.send({ sessionId, text: 'Hi' })
  return { sessionId, runId }
}

/** A process that died after the commit that ended a run, and before a call of its hook. */
async function deadProcess({ at = Date.UTC(2026, 0, 1) } = {}) {
  const file = testDatabase()
  const store = await createStore({ storage: sqlite({ path: file }), clock: new ManualClock(at) })
  store.hooks.listen(() => {})
  await store.sessions.create({ sessionId: 's', owner: 'me' })
  await endRun(store)
  await store.close()
  return { file }
}

async function endRun(store: Store, runId = 'r') {
  const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 } as const
  const ended = { type: 'run-ended', runId, reason: 'stop' } as const
  const { refused } = await store.append({
    sessionId: 's',
    drafts: [{ type: 'run-started', run }, ended],
  })
  expect(refused).toBeUndefined()
}

/** All calls that this process owes. */
function owed(store: Store) {
  return store.hooks.list(1_000)
}

describe('the hook of a run that ended', () => {
  test('is called once, with how it ended and who was watching', async () => {
    const { ended, hooks } = recorder()
    const scripted = new ScriptedAgent()
    const { client, clock, store, errors } = await openServer({ hooks, agent: scripted.agent })
    const { sessionId, runId } = await send(client('ann'))
    await store.sessions.addMember(sessionId, 'bob')
    await store.sessions.addMember(sessionId, 'cleo')
    for (const who of ['ann', 'bob', 'bob']) {
      const stream = await client(who).onChat({ sessionId, mode: { type: 'full' } })
      await readUntil(stream, 'caught-up')
    }
    const run = await scripted.run()
    run.say('Hello')
    run.finish()
    await expect.poll(() => ended.length).toBe(1)
    const { messages } = await store.window(sessionId)
    const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
    const entry = events.find(({ type }) => type === 'run-ended')
    expect(ended).toEqual([
      {
        id: expect.stringMatching(new RegExp(`\\.${entry?.seq}$`)),
        kind: 'run-ended',
        sessionId,
        runId,
        runKind: 'agent',
        author: 'ann',
        messageId: messages[1]?.id,
        reason: 'stop',
        at: entry?.at,
        attempt: 1,
        watching: [
          { principal: 'ann', streams: 1 },
          { principal: 'bob', streams: 2 },
        ],
      },
    ])
    await clock.advance(10 * lease)
    expect(ended).toHaveLength(1)
    expect(await owed(store)).toEqual([])
    expect(errors).toEqual([])
  })

  test('is told of an error as clients see it, of an interruption, and of the runs behind it', async () => {
    const { ended, hooks } = recorder()
    const scripted = new ScriptedAgent()
    const { client } = await openServer({ hooks, agent: scripted.agent })
    const me = client()
    const { sessionId } = await send(me)
    await me.messages.send({ sessionId, text: 'Next' })
    const run = await scripted.run()
    run.fail(new Error('a secret'))
    await scripted.run()
    await me.runs.interrupt({ sessionId })
    await expect.poll(() => ended.length).toBe(2)
    expect(ended).toMatchObject([
      {
        reason: 'error',
        error: { code: 'AGENT_FAILED', message: expect.not.stringContaining('secret') },
      },
      { reason: 'interrupted' },
    ])
  })

  test('is called for compactions and resets', async () => {
    const { ended, hooks } = recorder()
    const { client, store } = await openServer({ hooks, summarise: async () => 'So far' })
    const { sessionId } = await send(client())
    await expect.poll(async () => (await store.head(sessionId)).head.run).toBeUndefined()
    const { runId } = await client().history.compact({ sessionId })
    await client().history.reset({ sessionId })
    await expect.poll(() => ended.length).toBe(3)
    const kinds = new Map(ended.map((event) => [event.runKind, event]))
    expect(kinds.get('compaction')).toMatchObject({
      runId,
      reason: 'stop',
      messageId: expect.any(String),
    })
    expect(kinds.get('reset')).toMatchObject({ reason: 'stop' })
  })

  test('is called for a lost run', async () => {
    const file = testDatabase()
    const store = await createStore({ storage: sqlite({ path: file }) })
    const scripted = new ScriptedAgent()
    const first = await openTestServer({ store, agent: scripted.agent, lease })
    const { runId } = await send(first.client())
    await scripted.run()
    await store.close()
    void first.chat.close()
    const { ended, hooks } = recorder()
    const { clock } = await openServer({ file, hooks })
    await clock.advance(2 * lease)
    expect(ended).toMatchObject([{ runId, reason: 'lost', attempt: 1 }])
  })
})

describe('the hook of a run that waits', () => {
  const call: AgentPart = {
    type: 'tool-call',
    toolCallId: 'a',
    toolName: 'remove',
    input: { path: 'x' },
  }

  /** A run that waits for the answer to a tool call. */
  async function openWaiting(act?: Parameters<typeof recorder>[0]) {
    const record = recorder(act)
    const scripted = new ScriptedAgent()
    const server = await openServer({ hooks: record.hooks, agent: scripted.agent })
    const me = server.client()
    const { sessionId, runId } = await send(me)
    const run = await scripted.run()
    run.yield(call)
    run.finish()
    await expect.poll(() => record.waits.length).toBe(1)
    const respond = () => me.runs.respond({ sessionId, runId, toolCallId: 'a', output: 'gone' })
    return { ...server, ...record, scripted, sessionId, runId, respond }
  }

  test('is called with the tool calls that wait, and the other one at the end', async () => {
    const { waits, ended, runId, respond, scripted, store } = await openWaiting()
    expect(waits).toMatchObject([
      {
        kind: 'run-waiting',
        runId,
        messageId: expect.any(String),
        waiting: [{ toolCallId: 'a', toolName: 'remove', input: { path: 'x' } }],
      },
    ])
    await respond()
    const goesOn = await scripted.run()
    goesOn.finish()
    await expect.poll(() => ended.length).toBe(1)
    expect(ended).toMatchObject([{ runId, messageId: waits[0]?.messageId, reason: 'stop' }])
    await expect.poll(() => owed(store)).toEqual([])
    expect(waits).toHaveLength(1)
  })

  test('is called again after a failure, without the calls that were answered meanwhile', async () => {
    const { waits, clock, respond } = await openWaiting(({ attempt }) => {
      if (attempt === 1) throw new Error('unreachable')
    })
    await respond()
    await clock.advance(1_000)
    expect(waits).toMatchObject([{ waiting: [{}] }, { attempt: 2, waiting: [] }])
  })
})

describe('a hook that fails', () => {
  test('is called again, later each time, with the same id, until it does not', async () => {
    const times: number[] = []
    const { ended, hooks } = recorder(() => {
      times.push(clock.monotonic())
      if (times.length <= 8) throw new Error('unreachable')
    })
    const { client, clock, store, errors } = await openServer({ hooks })
    await send(client())
    await expect.poll(() => errors.length).toBe(1)
    await clock.advance(600_000)
    const delays = times.slice(1).map((time, index) => time - times[index]!)
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000))
    expect(new Set(ended.map(({ id }) => id)).size).toBe(1)
    expect(ended.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(errors.map(({ where }) => where)).toEqual(
      Array.from({ length: 8 }, () => `the hook of run-ended for run ${ended[0]?.runId}`),
    )
    expect(await owed(store)).toEqual([])
  })

  test('is called again when it takes more than 30 s, and holds up no other', async () => {
    const reasons: unknown[] = []
    let isFirst = true
    const { ended, hooks } = recorder((_, signal) => {
      if (!isFirst) return undefined
      isFirst = false
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => {})
    })
    const { client, clock, errors } = await openServer({ hooks })
    const first = await send(client())
    await expect.poll(() => ended.length).toBe(1)
    const second = await send(client())
    await expect.poll(() => ended.length).toBe(2)
    expect(ended[1]?.runId).toBe(second.runId)
    await clock.advance(29_999)
    expect(errors).toEqual([])
    await clock.advance(1)
    await expect
      .poll(() => errors)
      .toMatchObject([{ error: { message: 'The hook took longer than 30 s.' } }])
    expect(reasons).toEqual([errors[0]?.error])
    await clock.advance(1_000)
    expect(ended[2]).toMatchObject({ runId: first.runId, attempt: 2 })
  })

  test('is given up with an error when the call is too old', async () => {
    const { ended, hooks } = recorder(() => {
      throw new Error('unreachable')
    })
    const { client, clock, store, errors } = await openServer({
      hooks: { ...hooks, giveUpAfter: 10_000 },
    })
    const { runId, sessionId } = await send(client())
    await expect.poll(() => errors.length).toBe(1)
    await clock.advance(60_000)
    expect(ended).toHaveLength(4)
    expect(errors).toHaveLength(5)
    expect(errors.at(-1)?.error).toMatchObject({
      message: `The hook of run-ended for run ${runId} of session ${sessionId} failed 4 times: given up.`,
    })
    expect(await owed(store)).toEqual([])
  })

  test('is not called again because the database does not take its outcome', async () => {
    const { ended, hooks } = recorder()
    const { client, clock, store, errors } = await openServer({ hooks })
    const { hooks: ledger } = store
    const write = ledger.settle.bind(ledger)
    ledger.settle = () => Promise.reject(new Error('no space'))
    await send(client())
    await expect.poll(() => errors.length).toBe(1)
    await clock.advance(2 * lease)
    expect(errors.every(({ where }) => where === 'writing the outcome of a hook')).toBe(true)
    expect(await owed(store)).toHaveLength(1)
    ledger.settle = write
    await clock.advance(lease)
    expect(await owed(store)).toEqual([])
    expect(ended).toHaveLength(1)
  })

  test('is not called again because of a list from before it was settled', async () => {
    const [made, listed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { ended, hooks } = recorder(() => (ended.length === 1 ? made.promise : undefined))
    const { store } = await openServer({ hooks })
    await store.sessions.create({ sessionId: 's', owner: 'me' })
    await endRun(store, 'first')
    await expect.poll(() => ended.length).toBe(1)
    const list = store.hooks.list.bind(store.hooks)
    let lists = 0
    store.hooks.list = async (limit) => {
      const calls = await list(limit)
      if (lists++ === 0) await listed.promise
      return calls
    }
    await endRun(store, 'second')
    await expect.poll(() => lists).toBe(1)
    made.resolve()
    await expect.poll(async () => (await list(9)).map(({ hook }) => hook.runId)).toEqual(['second'])
    await settle()
    listed.resolve()
    await expect.poll(() => list(9)).toEqual([])
    expect(ended.map(({ runId }) => runId)).toEqual(['first', 'second'])
  })

  test('takes no more than its share: 16 calls at a time', async () => {
    const finish: (() => void)[] = []
    const { ended, hooks } = recorder(() => new Promise<void>((resolve) => finish.push(resolve)))
    const { store } = await openServer({ hooks })
    await store.sessions.create({ sessionId: 's', owner: 'me' })
    for (let run = 0; run < 20; run++) await endRun(store, `r${run}`)
    await expect.poll(() => ended.length).toBe(16)
    await settle()
    expect(ended).toHaveLength(16)
    finish[0]?.()
    await expect.poll(() => ended.length).toBe(17)
    for (let done = 1; done < 20; done++) {
      await expect.poll(() => finish.length).toBeGreaterThan(done)
      finish[done]?.()
    }
    await expect.poll(() => owed(store)).toEqual([])
    expect(new Set(ended.map(({ runId }) => runId)).size).toBe(20)
  })
})

describe('a process that dies between the commit and the hook', () => {
  test('leaves the call to another one, within two leases', async () => {
    const { file } = await deadProcess()
    const { ended, hooks } = recorder()
    const { clock, store } = await openServer({ file, hooks })
    await clock.advance(lease - 1)
    expect(ended).toEqual([])
    await clock.advance(lease)
    expect(ended).toMatchObject([{ runId: 'r', reason: 'stop', attempt: 1, watching: [] }])
    expect(await owed(store)).toEqual([])
  })

  test('leaves a call that is too old by then: it is given up, with an error', async () => {
    const { file } = await deadProcess({ at: Date.UTC(2025, 11, 30) })
    const { ended, hooks } = recorder()
    const { clock, errors, store } = await openServer({ file, hooks })
    await clock.advance(2 * lease)
    expect(ended).toEqual([])
    expect(errors).toMatchObject([
      { error: { message: expect.stringContaining('was not called in time') } },
    ])
    expect(await owed(store)).toEqual([])
  })

  test('leaves it to a server that has another hook only, and that calls nothing', async () => {
    const { file } = await deadProcess()
    const { ended, hooks } = recorder()
    const { clock, store } = await openServer({ file, hooks: { runWaiting: hooks.runWaiting! } })
    await clock.advance(2 * lease)
    expect(ended).toEqual([])
    expect(await owed(store)).toEqual([])
    expect(await store.hooks.holders()).toEqual([])
  })
})

describe('two processes', () => {
  test('make each call once, and that of their own runs', async () => {
    const [file, clock] = [testDatabase(), new ManualClock()]
    const made: [process: number, runId: string][] = []
    const servers = await Promise.all(
      [0, 1].map((process) => {
        const hooks: HookOptions = { runEnded: ({ runId }) => void made.push([process, runId]) }
        return openServer({ file, clock, hooks })
      }),
    )
    const asked: [process: number, runId: string][] = []
    for (let round = 0; round < 10; round++) {
      for (const [process, { client }] of servers.entries()) {
        asked.push([process, (await send(client())).runId])
      }
      await clock.advance(lease / 2)
    }
    await expect.poll(() => made.length).toBeGreaterThanOrEqual(asked.length)
    for (const { store } of servers) await expect.poll(() => owed(store)).toEqual([])
    const byRun = (a: [number, string], b: [number, string]) => (a[1] < b[1] ? -1 : 1)
    expect(made.toSorted(byRun)).toEqual(asked.toSorted(byRun))
  })

  test('leave a call that fails to its process as long as that lives', async () => {
    const [file, clock] = [testDatabase(), new ManualClock()]
    const first = recorder(() => {
      throw new Error('unreachable')
    })
    const second = recorder()
    const failing = await openServer({ file, clock, hooks: first.hooks })
    await openServer({ file, clock, hooks: second.hooks })
    const { runId } = await send(failing.client())
    await expect.poll(() => first.ended.length).toBe(1)
    await clock.advance(5 * lease)
    expect(second.ended).toEqual([])
    expect(first.ended).toHaveLength(5)
    await failing.chat.close()
    await clock.advance(3 * lease)
    expect(second.ended).toMatchObject([{ runId, attempt: 6 }])
  })
})

describe('closing', () => {
  test('calls the hooks of the runs that it interrupts, and is told who watched', async () => {
    const { ended, hooks } = recorder(() => new Promise((resolve) => setImmediate(resolve)))
    const scripted = new ScriptedAgent()
    const { chat, client, store } = await openServer({ hooks, agent: scripted.agent })
    const { sessionId } = await send(client())
    await scripted.run()
    const stream = await client().onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await chat.close()
    expect(ended).toMatchObject([
      { reason: 'interrupted', watching: [{ principal: 'me', streams: 1 }] },
    ])
    expect(await owed(store)).toEqual([])
  })

  test('waits one second for a hook that hangs, which the next process calls again', async () => {
    const signals: AbortSignal[] = []
    const { hooks } = recorder((_, signal) => {
      signals.push(signal)
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      )
    })
    const { chat, client, clock, store, file, errors } = await openServer({ hooks })
    const { runId } = await send(client())
    await expect.poll(() => signals.length).toBe(1)
    const state = { closed: false }
    const closing = chat.close().then(() => (state.closed = true))
    await clock.advance(999)
    expect(state.closed).toBe(false)
    await clock.advance(1)
    await closing
    expect(signals[0]?.aborted).toBe(true)
    expect(errors).toEqual([])
    await store.close()
    const next = recorder()
    const { clock: later } = await openServer({ file, hooks: next.hooks })
    await later.advance(2 * lease)
    expect(next.ended).toMatchObject([{ runId, attempt: 1 }])
  })
})

test('a call goes with its session', async () => {
  const { ended, hooks } = recorder(() => {
    throw new Error('unreachable')
  })
  const { client, clock, store, errors } = await openServer({ hooks })
  const { sessionId } = await send(client())
  await expect.poll(() => errors.length).toBe(1)
  await client().sessions.delete({ sessionId })
  expect(await owed(store)).toEqual([])
  await clock.advance(60_000)
  expect(ended).toHaveLength(1)
})

test('a call is made at once although the machine’s clock was set back', async () => {
  const { ended, hooks } = recorder(() => {
    if (ended.length === 1) throw new Error('unreachable')
  })
  const { client, clock, errors } = await openServer({ hooks })
  await send(client())
  await expect.poll(() => errors.length).toBe(1)
  clock.stepWall(-3_600_000)
  await clock.advance(lease)
  expect(ended).toHaveLength(2)
})

test('without hooks nothing is owed', async () => {
  const { client, store, clock } = await openServer()
  const { sessionId } = await send(client())
  await expect.poll(async () => (await store.head(sessionId)).head.run).toBeUndefined()
  await clock.advance(lease)
  expect(store.hooks.owes).toBe(false)
  expect(await owed(store)).toEqual([])
})
