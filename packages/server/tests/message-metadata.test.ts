import type { AgentPart } from '@caughtup/schema'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { openTestServer, testDatabase, type TestServerOptions } from './support/open-test-server.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const said = (messageMetadata: Record<string, unknown>): AgentPart => ({
  type: 'message-metadata',
  messageMetadata,
})

async function openSession(options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  const server = await openTestServer({ agent: scripted.agent, ...options })
  const me = server.client()
  const { id: sessionId } = await me.sessions.create({ title: 'Test' })
  const customs = async () => {
    const { messages } = await me.history.loadMore({ sessionId })
    return messages.map(({ metadata }) => metadata.custom)
  }
  const idle = () =>
    expect.poll(async () => (await server.store.head(sessionId)).head.run).toBeUndefined()
  return { ...server, me, scripted, sessionId, customs, idle }
}

describe('metadata of the host of a prompt', () => {
  test('are on its message, wait with it in the queue, and reach its agent', async () => {
    const { me, store, scripted, sessionId, customs } = await openSession()
    await me.messages.send({ sessionId, text: 'First', custom: { from: 'phone' } })
    await me.messages.send({ sessionId, text: 'Second', custom: { from: 'desk', tags: [1] } })
    const first = await scripted.run()
    expect(first.context.prompt.metadata.custom).toEqual({ from: 'phone' })
    const { head } = await store.head(sessionId)
    expect(head.queue).toMatchObject([{ custom: { from: 'desk', tags: [1] } }])
    expect(head.run).not.toHaveProperty('custom')
    first.finish()
    const second = await scripted.run()
    expect(second.context.messages.map(({ metadata }) => metadata.custom)).toEqual([
      { from: 'phone' },
      { from: 'desk', tags: [1] },
    ])
    expect(await customs()).toEqual([
      { from: 'phone' },
      undefined,
      { from: 'desk', tags: [1] },
      undefined,
    ])
  })

  test('stay when the prompt is edited, waiting or answered', async () => {
    const { me, scripted, sessionId, customs, idle } = await openSession()
    await me.messages.send({ sessionId, text: 'First', messageId: 'a', custom: { n: 1 } })
    const { runId } = await me.messages.send({ sessionId, text: 'Second', custom: { n: 2 } })
    const first = await scripted.run()
    await me.runs.updateQueued({ sessionId, runId, text: 'Other' })
    first.finish()
    const second = await scripted.run()
    second.finish()
    await idle()
    await me.messages.edit({ sessionId, messageId: 'a', text: 'Edited' })
    expect(await customs()).toEqual([{ n: 1 }, undefined, { n: 2 }, undefined])
  })

  test('are kept by a prompt that the agent takes while it answers, and by a fork', async () => {
    const { me, scripted, store, sessionId, idle } = await openSession()
    await me.messages.send({ sessionId, text: 'First' })
    const run = await scripted.run()
    run.yield(said({ part: 1 }))
    await me.messages.send({ sessionId, text: 'More', whenBusy: 'steer', custom: { n: 1 } })
    expect(await run.context.steer()).toMatchObject([{ metadata: { custom: { n: 1 } } }])
    run.yield(said({ last: true }))
    run.finish()
    await idle()
    const { messages: all } = await store.window(sessionId)
    const { session } = await me.sessions.fork({ sessionId, from: all[3]!.id })
    const { messages } = await store.window(session.id)
    expect(messages.map(({ metadata }) => metadata.custom)).toEqual([
      undefined,
      { part: 1 },
      { n: 1 },
      { last: true },
    ])
  })

  test('of one that is sent in the place of another are its own', async () => {
    const { me, scripted, sessionId, customs, idle } = await openSession()
    await me.messages.send({ sessionId, text: 'First', messageId: 'a', custom: { n: 1 } })
    const first = await scripted.run()
    first.finish()
    await idle()
    const resend = { sessionId, messageId: 'a', text: 'Other' }
    await me.messages.resend({ ...resend, newMessageId: 'b', custom: { n: 2 } })
    expect((await scripted.run()).context.prompt.metadata.custom).toEqual({ n: 2 })
    await me.messages.resend({ ...resend, messageId: 'b' })
    expect((await scripted.run()).context.prompt.metadata).not.toHaveProperty('custom')
    expect(await customs()).toEqual([undefined, undefined])
  })

  test('count like its model when its id is sent again: those of the first call stay', async () => {
    const { me, scripted, sessionId, customs } = await openSession()
    const prompt = { sessionId, text: 'First', messageId: 'a' }
    const sent = await me.messages.send({ ...prompt, custom: { n: 1 } })
    await scripted.run()
    expect(await me.messages.send({ ...prompt, custom: { n: 2 } })).toEqual(sent)
    expect((await customs())[0]).toEqual({ n: 1 })
  })

  test('are refused above their limit, and where they are no object', async () => {
    const { me, sessionId } = await openSession({ limits: { metadataBytes: 20 } })
    const refused = (custom: unknown) => {
      const prompt = { sessionId, text: 'Hi', custom } as never
      return [
        me.messages.send(prompt),
        me.messages.resend({ ...(prompt as object), messageId: 'a' } as never),
      ]
    }
    for (const call of refused({ label: 'x'.repeat(20) })) {
      await expect(call).rejects.toMatchObject({
        code: 'BAD_INPUT',
        data: { field: 'custom', limit: 20 },
      })
    }
    for (const wrong of [[], 'x', null]) {
      for (const call of refused(wrong)) {
        await expect(call).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'custom' } })
      }
    }
    expect(await me.messages.send({ sessionId, text: 'Hi', custom: {} })).toBeDefined()
  })
})

describe('metadata of the host of an answer', () => {
  test('are what its agent yields, the newest of each key, while it streams and afterwards', async () => {
    const { me, store, scripted, sessionId, customs, idle } = await openSession()
    await me.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.yield(said({ sources: 1, route: { to: 'fast' } }))
    run.say('Hello')
    run.yield(said({ sources: 2 }))
    const custom = { sources: 2, route: { to: 'fast' } }
    await expect
      .poll(async () => (await store.head(sessionId)).open[0]?.metadata.custom)
      .toEqual(custom)
    run.finish()
    await idle()
    expect(await customs()).toEqual([undefined, custom])
  })

  test('are added to those from before it waited for an answer', async () => {
    const { me, scripted, sessionId, customs, idle, store } = await openSession()
    const { runId } = await me.messages.send({ sessionId, text: 'Hi' })
    const asked = await scripted.run()
    asked.yield(said({ before: 1, both: 1 }))
    asked.yield({ type: 'tool-call', toolCallId: 'a', toolName: 'ask', input: {} })
    asked.finish()
    await expect.poll(async () => (await store.head(sessionId)).head.run?.status).toBe('waiting')
    await me.runs.respond({ sessionId, runId, toolCallId: 'a', output: 1 })
    const run = await scripted.run()
    expect(run.context.messages.at(-1)?.metadata.custom).toEqual({ before: 1, both: 1 })
    run.yield(said({ after: 1, both: 2 }))
    run.finish()
    await idle()
    expect((await customs())[1]).toEqual({ before: 1, both: 2, after: 1 })
  })

  test('count when an output is too large for it, so that the run can go on', async () => {
    const { me, scripted, sessionId, store } = await openSession({ limits: { messageBytes: 500 } })
    const { runId } = await me.messages.send({ sessionId, text: 'Hi' })
    const asked = await scripted.run()
    asked.yield(said({ note: 'x'.repeat(200) }))
    asked.yield({ type: 'tool-call', toolCallId: 'a', toolName: 'ask', input: {} })
    asked.finish()
    await expect.poll(async () => (await store.head(sessionId)).head.run?.status).toBe('waiting')
    const respond = (length: number) =>
      me.runs.respond({ sessionId, runId, toolCallId: 'a', output: 'x'.repeat(length) })
    await expect(respond(200)).rejects.toMatchObject({ code: 'TOO_LARGE', data: { limit: 500 } })
    expect(await respond(50)).toEqual({ resumed: true })
    await scripted.run()
  })

  test('are added to those of a process that was lost', async () => {
    const file = testDatabase()
    const lease = 6_000
    const open = async () => {
      const clock = new ManualClock()
      const store = await createStore({ storage: sqlite({ path: file }), clock })
      const opened = await openSession({ store, lease, onLost: 'continue', closes: true })
      return { ...opened, clock }
    }
    const first = await open()
    const { sessionId } = first
    await first.me.messages.send({ sessionId, text: 'Hi' })
    const lost = await first.scripted.run()
    lost.yield(said({ before: 1 }))
    lost.say('Half')
    await first.clock.advance(40)
    await expect.poll(async () => (await first.store.head(sessionId)).open[0]?.parts.length).toBe(1)
    await first.store.close()
    void first.chat.close()
    const next = await open()
    for (let step = 0; step < 8; step++) await next.clock.advance(lease / 3)
    const run = await next.scripted.run()
    run.yield(said({ after: 1 }))
    run.finish()
    await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
    const { messages } = await next.store.window(sessionId)
    expect(messages[1]?.metadata.custom).toEqual({ before: 1, after: 1 })
    await next.chat.close()
    await next.store.close()
  })

  test.each<[string, unknown]>([
    ['no object', 'x'],
    ['missing', undefined],
    ['a list', [1]],
    ['without a JSON form', { n: 1n }],
    ['nested too deep', { deep: JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`) as unknown }],
    ['too large', { label: 'x'.repeat(16 * 1024) }],
  ])('that are %s end the run with an error, and what was before stays', async (_, wrong) => {
    const { me, scripted, sessionId, errors, idle } = await openSession()
    await me.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    run.say('Hello')
    run.yield(said({ kept: true }))
    run.yield(said(wrong as never))
    await idle()
    const { messages } = await me.history.loadMore({ sessionId })
    expect(messages[1]).toMatchObject({
      parts: [{ text: 'Hello' }],
      metadata: { finishReason: 'error', custom: { kept: true } },
    })
    expect(errors).toHaveLength(1)
  })
})
