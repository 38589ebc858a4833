import type { AgentPart } from '@caughtup/schema'
import { ManualClock } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import {
  type Client,
  openTestServer,
  readUntil,
  testDatabase,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'

const lease = 6_000

/** The state that a process is left in: whether a prompt is queued, and the agent's last part. */
interface Left {
  queued?: boolean
  part?: AgentPart
}

/** A process in the middle of an answer, with a queued prompt. */
async function runningProcess(file: string, { queued = true, part }: Left = {}) {
  const store = await createStore({ storage: sqlite({ path: file }) })
  const scripted = new ScriptedAgent()
  const { client, chat } = await openTestServer({ store, agent: scripted.agent, lease })
  const me = client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const first = await me.messages.send({ sessionId, text: 'Hi' })
  const run = await scripted.run()
  run.say('Half an ans')
  if (part) run.yield(part)
  const waiting = queued ? await me.messages.send({ sessionId, text: 'Next' }) : undefined
  await expect
    .poll(async () => (await store.head(sessionId)).open[0]?.parts.length)
    .toBe(part ? 2 : 1)
  const close = async () => {
    await store.close()
    void chat.close()
  }
  return { store, sessionId, first, waiting, close }
}

/** A file as left by a process that dies in the middle of an answer. */
async function deadProcess(left: Left = {}) {
  const file = testDatabase()
  const { close, ...process } = await runningProcess(file, left)
  await close()
  return { ...process, file }
}

async function openNext(file: string) {
  const clock = new ManualClock()
  const store = await createStore({ storage: sqlite({ path: file }), clock })
  onTestFinished(() => store.close())
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ store, agent: scripted.agent, lease })
  return { ...server, clock, scripted }
}

async function opening(client: Client, sessionId: string) {
  const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
  return { stream, frames: await readUntil(stream, 'caught-up') }
}

async function endings(store: Store, sessionId: string) {
  const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
  return events.filter(({ type }) => type === 'run-ended')
}

describe('a run whose process died', () => {
  test('ends as lost within two leases and keeps its text, and the queue continues', async () => {
    const { file, sessionId, waiting, first } = await deadProcess()
    const { store, clock, client, scripted, errors } = await openNext(file)
    const stream = await client().onChat({ sessionId, mode: { type: 'full' } })
    const opening = await readUntil(stream, 'caught-up')
    expect(opening.at(-1)).toMatchObject({ run: { id: first.runId } })
    await clock.advance(lease - 1)
    expect(await endings(store, sessionId)).toEqual([])
    await clock.advance(lease)
    expect(await endings(store, sessionId)).toMatchObject([{ reason: 'lost' }])
    const { messages } = await client().history.loadMore({ sessionId })
    expect(messages[1]).toMatchObject({
      status: 'done',
      parts: [
        { type: 'text', text: 'Half an ans' },
        { type: 'data-notice', data: { kind: 'lost', assistant: 'Assistant' } },
      ],
      metadata: { finishReason: 'lost' },
    })
    const next = await scripted.run()
    expect(next.context.runId).toBe(waiting?.runId)
    expect(next.context.messages).toHaveLength(3)
    expect(errors).toEqual([])
  })

  test('has its open tool calls settled as lost', async () => {
    const part = { type: 'tool-call', toolCallId: 'c', toolName: 'read', input: {} } as const
    const { file, sessionId } = await deadProcess({ queued: false, part })
    const { store, clock } = await openNext(file)
    await clock.advance(2 * lease)
    expect((await store.window(sessionId)).messages[1]?.parts).toMatchObject([
      { text: 'Half an ans' },
      {
        state: 'output-error',
        errorText: 'The tool call was lost: its process stopped before it had a result.',
      },
      { type: 'data-notice' },
    ])
  })

  test('can be interrupted before that', async () => {
    const { file, sessionId } = await deadProcess({ queued: false })
    const { store, client } = await openNext(file)
    expect(await client().runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    expect(await client().runs.interrupt({ sessionId })).toEqual({ interrupted: false })
    expect(await endings(store, sessionId)).toMatchObject([{ reason: 'interrupted' }])
  })

  test('is observed afresh after this machine was suspended', async () => {
    const { file, sessionId } = await deadProcess()
    const { store, clock } = await openNext(file)
    await clock.advance(lease - 1_000)
    suspend(clock, lease)
    await clock.advance(lease - 1_000)
    expect(await endings(store, sessionId)).toEqual([])
    await clock.advance(2_000)
    expect(await endings(store, sessionId)).toHaveLength(1)
  })

  test('does not depend on the wall clock', async () => {
    const { file, sessionId } = await deadProcess()
    const { store, clock } = await openNext(file)
    await clock.advance(100)
    clock.stepWall(10 * lease)
    await clock.advance(lease / 2)
    expect(await endings(store, sessionId)).toEqual([])
  })
})

describe('the runs of other processes', () => {
  /** A process whose clock the test moves, and another one with a run, which moves its own. */
  async function twoProcesses() {
    const file = testDatabase()
    const { store, clock } = await openNext(file)
    const looks: (readonly string[] | undefined)[] = []
    const { activeRuns } = store
    const noted: Store['activeRuns'] = (others) => {
      looks.push(others)
      return activeRuns(others)
    }
    Object.assign(store, { activeRuns: noted })
    const other = await openNext(file)
    const me = other.client()
    const begin = async () => {
      const { id: sessionId } = await me.sessions.create()
      await me.messages.send({ sessionId, text: 'Hi' })
      await other.scripted.run()
      return sessionId
    }
    const look = async () => {
      await clock.advance(lease / 3)
      return looks.at(-1)
    }
    return { store, other, begin, look }
  }

  test('are read at first, and then only while its counter stands still', async () => {
    const { other, begin, look } = await twoProcesses()
    expect(await look()).toEqual([])
    await begin()
    const [holder] = (await look()) ?? []
    expect(holder).toBeDefined()
    for (let count = 0; count < 6; count++) {
      await other.clock.advance(lease / 3)
      expect(await look()).toEqual([])
    }
    expect(await look()).toEqual([holder])
    expect(await look()).toEqual([holder])
    await other.clock.advance(lease / 3)
    expect(await look()).toEqual([])
  })

  test('are not lost where one begins as its process wakes, before its counter moves', async () => {
    const { store, other, begin, look } = await twoProcesses()
    const before = await begin()
    for (let count = 0; count < 3; count++) await look()
    const after = await begin()
    await look()
    expect(await endings(store, before)).toMatchObject([{ reason: 'lost' }])
    expect(await endings(store, after)).toEqual([])
    for (let count = 0; count < 6; count++) {
      await other.clock.advance(lease / 3)
      await look()
    }
    expect(await endings(store, after)).toEqual([])
  })
})

describe('a run that waits for a tool', () => {
  test('is not lost when it begins to wait just before its end would be written', async () => {
    const { file, sessionId, first } = await deadProcess({ queued: false })
    const { store, clock } = await openNext(file)
    const { append } = store
    let attempts = 0
    const late: Store['append'] = async (slice, waiting) => {
      if (slice.drafts.some(({ type }) => type === 'run-ended') && attempts++ === 0) {
        const { runId } = first
        const drafts = [{ type: 'run-changed', runId, status: 'waiting' } as const]
        await append({ sessionId, guard: { is: 'run', runId }, drafts })
      }
      return append(slice, waiting)
    }
    Object.assign(store, { append: late })
    await clock.advance(3 * lease)
    expect(attempts).toBe(1)
    expect(await endings(store, sessionId)).toEqual([])
  })

  async function waitingRun() {
    const file = testDatabase()
    const { store, sessionId, first, waiting, close } = await runningProcess(file)
    const draft = { type: 'run-changed', runId: first.runId, status: 'waiting' } as const
    const guard = { is: 'run', runId: first.runId } as const
    expect((await store.append({ sessionId, drafts: [draft], guard })).refused).toBeUndefined()
    await close()
    return { file, sessionId, first, waiting }
  }

  test('outlives its process, however long it waits', async () => {
    const { file, sessionId, first } = await waitingRun()
    const { store, clock, client } = await openNext(file)
    await clock.advance(100 * lease)
    expect(await endings(store, sessionId)).toEqual([])
    const { frames } = await opening(client(), sessionId)
    expect(frames.at(-1)).toMatchObject({ run: { id: first.runId, status: 'waiting' } })
    expect((await client().activity.list()).rows).toMatchObject([{ sessionId, streaming: false }])
  })

  test('can be interrupted, with or without its id; then the queue continues', async () => {
    for (const named of [true, false]) {
      const { file, sessionId, first, waiting } = await waitingRun()
      const { store, client, scripted } = await openNext(file)
      const run = named ? { runId: first.runId } : {}
      const interrupt = () => client().runs.interrupt({ sessionId, ...run })
      expect(await interrupt()).toEqual({ interrupted: true })
      expect((await scripted.run()).context.runId).toBe(waiting?.runId)
      expect(await endings(store, sessionId)).toMatchObject([{ reason: 'interrupted' }])
      const { messages } = await client().history.loadMore({ sessionId })
      expect(messages[1]).toMatchObject({
        status: 'done',
        parts: [{ text: 'Half an ans' }, { type: 'data-notice', data: { kind: 'interrupted' } }],
      })
    }
  })
})

describe('a run that is over', () => {
  /** A session with an answer, in a process whose clock the test moves. */
  async function answeredProcess(file: string) {
    const first = await openNext(file)
    const { id: sessionId } = await first.client().sessions.create()
    await first.client().messages.send({ sessionId, text: 'Hi' })
    const run = await first.scripted.run()
    run.say('Hello')
    run.finish()
    await expect.poll(async () => (await first.store.head(sessionId)).head.run).toBeUndefined()
    return { ...first, sessionId }
  }
  const sessionOf = async (store: Store, sessionId: string) => ({
    head: (await store.head(sessionId)).head,
    messages: (await store.window(sessionId)).messages,
    endings: await endings(store, sessionId),
  })

  test('is left alone when its process died, by any clock', async () => {
    const file = testDatabase()
    const { store: first, sessionId } = await answeredProcess(file)
    const before = await sessionOf(first, sessionId)
    expect(before.endings).toMatchObject([{ reason: 'stop' }])
    await first.close()
    const { store, clock, errors } = await openNext(file)
    await clock.advance(lease - 1)
    clock.stepWall(10 * lease)
    await clock.advance(2 * lease)
    clock.stepWall(-20 * lease)
    suspend(clock, 2 * lease)
    await clock.advance(2 * lease)
    expect(await sessionOf(store, sessionId)).toEqual(before)
    expect(errors).toEqual([])
  })

  test('is left alone while its process is paused, and when that wakes', async () => {
    const file = testDatabase()
    const { store: first, clock: paused, sessionId, errors } = await answeredProcess(file)
    const before = await sessionOf(first, sessionId)
    const { store, clock, scripted, client } = await openNext(file)
    await clock.advance(3 * lease)
    expect(await sessionOf(store, sessionId)).toEqual(before)
    paused.stepWall(3 * lease)
    suspend(paused, 3 * lease)
    await paused.advance(2 * lease)
    expect(await sessionOf(first, sessionId)).toEqual(before)
    await client().messages.send({ sessionId, text: 'Again' })
    ;(await scripted.run()).finish()
    await expect.poll(() => endings(store, sessionId)).toHaveLength(2)
    expect(errors).toEqual([])
  })
})

describe('a run of this process', () => {
  test('is left alone, however long it takes', async () => {
    const clock = new ManualClock()
    const scripted = new ScriptedAgent()
    const { client, store } = await openTestServer({ clock, agent: scripted.agent, lease })
    const { id: sessionId } = await client().sessions.create()
    await client().messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    await clock.advance(10 * lease)
    expect(run.context.signal.aborted).toBe(false)
    expect(await endings(store, sessionId)).toEqual([])
  })

  test('that was ended elsewhere stops here, and its writes are refused', async () => {
    const clock = new ManualClock()
    const scripted = new ScriptedAgent()
    const { client, store, errors } = await openTestServer({ clock, agent: scripted.agent, lease })
    const { id: sessionId } = await client().sessions.create()
    const { runId } = await client().messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    const { open } = await store.head(sessionId)
    await store.append({
      sessionId,
      guard: { is: 'run', runId },
      drafts: [
        { type: 'message-finished', messageId: open[0]?.id ?? '', reason: 'lost' },
        { type: 'run-ended', runId, reason: 'lost' },
      ],
    })
    await clock.advance(lease)
    expect(run.context.signal.aborted).toBe(true)
    run.say('too late')
    await clock.advance(lease)
    expect(await endings(store, sessionId)).toHaveLength(1)
    expect(errors).toEqual([])
  })

  test('that keeps writing after it was ended elsewhere is stopped by the refusal', async () => {
    const scripted = new ScriptedAgent()
    const { client, store, errors } = await openTestServer({ agent: scripted.agent })
    const { id: sessionId } = await client().sessions.create()
    const { runId } = await client().messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    const { open } = await store.head(sessionId)
    await store.append({
      sessionId,
      guard: { is: 'run', runId },
      drafts: [
        { type: 'message-finished', messageId: open[0]?.id ?? '', reason: 'lost' },
        { type: 'run-ended', runId, reason: 'lost' },
      ],
    })
    run.yield({ type: 'tool-call', toolCallId: 't', toolName: 'x', input: {} })
    await expect.poll(() => run.context.signal.aborted).toBe(true)
    expect(await endings(store, sessionId)).toHaveLength(1)
    expect(errors).toEqual([])
  })
})

/** Time passes without a timer firing, as for a machine that sleeps. */
function suspend(clock: ManualClock, ms: number): void {
  clock.monotonic = () => ManualClock.prototype.monotonic.call(clock) + ms
}
