import { ManualClock } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openTestServer, testDatabase } from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'

const lease = 6_000

/** A process on the file, whose clock the test moves. */
async function openProcess(file: string, onLost: 'end' | 'continue' = 'continue') {
  const clock = new ManualClock()
  const store = await createStore({ storage: sqlite({ path: file }), clock })
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ store, agent: scripted.agent, lease, onLost, closes: true })
  /** Leaves the database as a killed process does: nothing more is written. */
  const die = async () => {
    await store.close()
    void server.chat.close()
  }
  onTestFinished(() => store.close())
  return { ...server, clock, scripted, die }
}

/** Lets leases run out, step by step, as the watch looks at them. */
async function expire({ clock }: { clock: ManualClock }) {
  for (let step = 0; step < 8; step++) await clock.advance(lease / 3)
}

/** A process that has died in the middle of an answer that says "Half". */
async function openLost() {
  const file = testDatabase()
  const first = await openProcess(file)
  const { id: sessionId } = await first.client().sessions.create()
  const { runId } = await first.client().messages.send({ sessionId, text: 'Hi', messageId: 'hi' })
  const run = await first.scripted.run()
  const written = async (parts: number) => {
    await first.clock.advance(40)
    await expect
      .poll(async () => (await first.store.head(sessionId)).open[0]?.parts.length)
      .toBe(parts)
  }
  return { file, first, sessionId, runId, run, written }
}

describe('a lost run', () => {
  test('is continued in its answer by another process: the text before stays, nothing twice', async () => {
    const { file, first, sessionId, runId, run, written } = await openLost()
    run.say('Half ')
    await written(1)
    const { id } = (await first.store.head(sessionId)).open[0]!
    await first.die()
    const next = await openProcess(file)
    await expire(next)
    const continued = await next.scripted.run()
    expect(continued.context).toMatchObject({ runId, attempt: 2, prompt: { id: 'hi' } })
    expect(continued.context.messages.at(-1)).toMatchObject({ id, parts: [{ text: 'Half ' }] })
    continued.say('an answer.')
    continued.finish()
    await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
    expect(await next.store.message(sessionId, id)).toMatchObject({
      status: 'done',
      parts: [{ type: 'text', text: 'Half an answer.', state: 'done' }],
      metadata: { finishReason: 'stop' },
    })
  })

  test('tells the agent that calls without a result have failed, and keeps those to be approved', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    const call = { toolCallId: 'a', toolName: 'look', input: {} }
    run.yield({ type: 'tool-call', ...call })
    await written(1)
    await first.die()
    const next = await openProcess(file)
    await expire(next)
    const continued = await next.scripted.run()
    expect(continued.context.messages.at(-1)?.parts).toMatchObject([
      { state: 'output-error', errorText: expect.stringContaining('lost') },
    ])
    const toolCall = { ...call, toolCallId: 'b' }
    continued.yield({ type: 'tool-call', ...toolCall })
    continued.yield({ type: 'tool-approval-request', approvalId: 'x', toolCall })
    await next.clock.advance(40)
    await expect.poll(async () => (await next.store.head(sessionId)).open[0]?.parts.length).toBe(2)
    await next.die()
    const last = await openProcess(file)
    await expire(last)
    expect((await last.store.head(sessionId)).head.run).toMatchObject({
      status: 'waiting',
      attempt: 3,
    })
  })

  test('is given up after three losses', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    run.say('x')
    await written(1)
    await first.die()
    for (let attempt = 2; attempt <= 4; attempt++) {
      const next = await openProcess(file)
      await expire(next)
      expect((await next.scripted.run()).context.attempt).toBe(attempt)
      await next.die()
    }
    const last = await openProcess(file)
    await expire(last)
    expect((await last.store.head(sessionId)).head.run).toBeUndefined()
    const { messages } = await last.store.window(sessionId)
    expect(messages.at(-1)).toMatchObject({
      metadata: { finishReason: 'lost' },
      parts: [{ text: 'x' }, { data: { kind: 'lost' } }],
    })
  })

  test('ends as lost where the agent cannot continue, and so does a compaction', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    run.say('x')
    await written(1)
    await first.die()
    const next = await openProcess(file, 'end')
    await expire(next)
    expect((await next.store.window(sessionId)).messages.at(-1)?.metadata.finishReason).toBe('lost')
  })

  test('writes nothing more when its process wakes, and is abandoned there', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    run.say('Half ')
    await written(1)
    // Paused: its clock stands still, and it says nothing to the others.
    const next = await openProcess(file)
    await expire(next)
    const continued = await next.scripted.run()
    continued.say('an answer')
    await next.clock.advance(40)
    run.say('NEVER')
    await first.clock.advance(40)
    continued.finish()
    await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
    const answer = (await next.store.window(sessionId)).messages.at(-1)
    expect(answer?.parts).toMatchObject([{ text: 'Half an answer' }])
    await expire(first)
    await expect.poll(() => run.context.signal.aborted).toBe(true)
    expect(first.errors).toEqual([])
    await first.chat.close()
    await next.chat.close()
  })

  test('is abandoned by a process that wakes though it has nothing to write', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    run.say('Half ')
    await written(1)
    const next = await openProcess(file)
    await expire(next)
    const continued = await next.scripted.run()
    // Woken for less than the lease of the other process, whose clock stands still meanwhile.
    for (let step = 0; step < 2; step++) await first.clock.advance(lease / 3)
    await expect.poll(() => run.context.signal.aborted).toBe(true)
    expect(continued.context.signal.aborted).toBe(false)
    continued.say('an answer')
    continued.finish()
    await next.clock.advance(40)
    await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
    expect((await next.store.window(sessionId)).messages.at(-1)?.parts).toMatchObject([
      { text: 'Half an answer' },
    ])
    expect(first.errors).toEqual([])
    await first.chat.close()
    await next.chat.close()
  })

  test('is continued by one of two processes', async () => {
    const { file, first, sessionId, run, written } = await openLost()
    run.say('x')
    await written(1)
    await first.die()
    const two = [await openProcess(file), await openProcess(file)]
    await Promise.all(two.map(expire))
    const continued = await Promise.race(two.map(({ scripted }) => scripted.run()))
    continued.say('y')
    continued.finish()
    const [{ store }] = two as [(typeof two)[number]]
    await Promise.all(two.map(({ clock }) => clock.advance(40)))
    await expect.poll(async () => (await store.head(sessionId)).head.run).toBeUndefined()
    const { messages } = await store.window(sessionId)
    expect(messages.at(-1)).toMatchObject({ parts: [{ text: 'xy' }] })
    const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
    expect(events.filter((event) => event.type === 'run-changed')).toHaveLength(1)
    for (const { chat } of two) await chat.close()
  })
})
