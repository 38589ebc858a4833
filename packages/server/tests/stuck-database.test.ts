import { renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { ManualClock, settle } from '@caughtup/schema/testing'
import { createStore, StorageError } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from './support/intercept-storage.ts'
import { openTestServer, readUntil, testDatabase } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

/** Long outages of the database; each returns a function that ends it. */
const outages: {
  what: string
  reason: string
  begin: (file: string, hooks: StorageHooks) => () => void
}[] = [
  {
    what: 'full',
    reason: 'database-full',
    begin(_file, hooks) {
      const writes = [
        'commit',
        'createSession',
        'updateSession',
        'deleteSession',
        'addMember',
        'removeMember',
        'markRead',
      ] as const
      for (const write of writes) {
        hooks[write] = () => {
          throw new StorageError('full', 'database or disk is full')
        }
      }
      return () => writes.forEach((write) => (hooks[write] = undefined))
    },
  },
  {
    what: 'moved away',
    reason: 'database-moved',
    begin(file) {
      renameSync(file, `${file}.away`)
      return () => renameSync(`${file}.away`, file)
    },
  },
  {
    what: 'locked by another process',
    reason: 'database-busy',
    begin(file) {
      const other = new DatabaseSync(file)
      other.exec('BEGIN IMMEDIATE')
      return () => other.close()
    },
  },
]

/** A server with an unfinished answer that is partly committed, and then an outage. */
async function openOutage(
  begin: (typeof outages)[number]['begin'],
  { drain = 0, closes = false } = {},
) {
  const file = testDatabase()
  const clock = new ManualClock()
  const hooks: StorageHooks = {}
  const store = await createStore({
    storage: interceptedStorage(file, hooks),
    clock,
    onError: () => undefined,
  })
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ store, agent: scripted.agent, drain, closes })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const { runId } = await client.messages.send({ sessionId, text: 'Hi' })
  const run = await scripted.run()
  run.say('committed')
  await clock.advance(100)
  let end: (() => void) | undefined
  const over = () => {
    end?.()
    end = undefined
  }
  onTestFinished(over)
  const stuck = () => {
    end = begin(file, hooks)
    run.say(' and not')
  }
  return { ...server, file, clock, scripted, run, runId, sessionId, me: client, stuck, over }
}

/** The call's outcome once `ms` have passed on the clock, in small steps. */
async function after<T>(clock: ManualClock, ms: number, call: Promise<T>): Promise<T> {
  let over = false
  const settled = call.then(
    () => void (over = true),
    () => void (over = true),
  )
  // Calls go through real requests, which need turns of the event loop.
  for (let passed = 0; !over && passed < ms; passed += 50) {
    await clock.advance(50)
    await settle()
  }
  if (!over) throw new Error(`It still waits after ${ms} ms.`)
  await settled
  return call
}

describe.each(outages)('while the database is $what', ({ begin, reason }) => {
  test('reads of the session that is being written return its committed state', async () => {
    const { me, clock, sessionId, stuck, over } = await openOutage(begin)
    stuck()
    const page = await after(clock, 4_000, me.history.loadMore({ sessionId }))
    expect(page.messages.at(-1)?.parts).toMatchObject([{ text: 'committed' }])
    await after(clock, 1_000, me.usage.get({ sessionId }))
    await after(clock, 1_000, me.activity.list())
    const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
    await after(clock, 1_000, readUntil(stream, 'caught-up'))
    over()
    await clock.advance(3_000)
    const frames = await after(clock, 1_000, readUntil(stream, 'text'))
    expect(frames.at(-1)).toMatchObject({ text: ' and not' })
    await stream.return?.()
  })

  test('writes are refused with retryAfter, and a prompt that is sent again is accepted once', async () => {
    const { me, clock, sessionId, stuck, over, scripted, run } = await openOutage(begin)
    const other = await me.sessions.create({ title: 'Other' })
    const doomed = await me.sessions.create({ title: 'Doomed' })
    stuck()
    const prompt = { sessionId: other.id, text: 'Hello', messageId: 'prompt' }
    const refused = { code: 'UNAVAILABLE', data: { reason, retryAfter: expect.any(Number) } }
    const writes = Promise.allSettled([
      me.messages.send(prompt),
      me.messages.send({ sessionId, text: 'Next' }),
      me.history.reset({ sessionId }),
      me.sessions.create({ title: 'New' }),
      me.sessions.update({ sessionId, title: 'Changed' }),
      me.sessions.delete({ sessionId: doomed.id }),
      me.activity.markRead({ sessionId, upTo: 1 }),
      me.sessions.addMember({ sessionId, principal: 'bob' }),
      me.sessions.removeMember({ sessionId, principal: 'bob' }),
      me.runs.interrupt({ sessionId }),
    ])
    const outcomes = await after(clock, 10_000, writes)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: refused })
    }
    // The run stops at once, although its end is not written yet.
    expect(run.context.signal.aborted).toBe(true)
    expect(outcomes.at(-1)).toMatchObject({
      reason: { message: expect.stringContaining('stopped') },
    })
    over()
    await clock.advance(3_000)
    expect((await me.history.loadMore({ sessionId: other.id })).messages).toEqual([])
    const { runId } = await after(clock, 1_000, me.messages.send(prompt))
    expect((await scripted.run()).context.runId).toBe(runId)
    expect((await after(clock, 1_000, me.messages.send(prompt))).runId).toBe(runId)
    const { messages } = await me.history.loadMore({ sessionId })
    expect(messages.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(messages.at(-1)?.metadata.finishReason).toBe('interrupted')
    // Each attempt of each call waits a few ms for the lock, in real time.
  }, 30_000)

  test('closing ends every stream with shutting-down 3 s after the drain, and reports what is not written', async () => {
    const { chat, store, me, clock, sessionId, stuck, runId, errors } = await openOutage(begin, {
      drain: 500,
      closes: true,
    })
    const stream = await me.onChat({ sessionId, mode: { type: 'live' } })
    await readUntil(stream, 'caught-up')
    stuck()
    const end = readUntil(stream, 'end')
    await after(clock, 3_600, chat.close())
    expect((await end).at(-1)).toEqual({ type: 'end', reason: 'shutting-down' })
    const told = errors.find(({ where }) => where === 'closing')?.error
    expect(told).toMatchObject({ data: { reason: 'not-written' } })
    expect(String(told)).toContain(runId)
    const lost = after(clock, 12_000, store.close())
    await expect(lost).rejects.toThrow(`1 sessions: ${sessionId}`)
  })

  test('a signal ends the drain, and the closing a second later', async () => {
    const { chat, clock, stuck, run, store, over } = await openOutage(begin, { drain: 60_000 })
    stuck()
    const controller = new AbortController()
    const closing = chat.close()
    await clock.advance(1_000)
    expect(run.context.signal.aborted).toBe(false)
    expect(chat.close(controller)).toBe(closing)
    controller.abort()
    await after(clock, 1_100, closing)
    expect(run.context.signal.aborted).toBe(true)
    over()
    await after(clock, 5_000, store.close())
  })
})

test('changes that the database did not take while the server closed are written by the closing store', async () => {
  const { chat, store, clock, file, stuck, over, sessionId } = await openOutage(outages[0]!.begin)
  stuck()
  await clock.advance(100)
  await after(clock, 3_100, chat.close())
  over()
  await after(clock, 5_000, store.close())
  const again = await createStore({ storage: sqlite({ path: file }) })
  onTestFinished(() => again.close())
  const { messages } = await again.window(sessionId)
  expect(messages.at(-1)).toMatchObject({
    status: 'done',
    metadata: { finishReason: 'interrupted' },
    parts: [{ text: 'committed and not' }, { type: 'data-notice' }],
  })
})
