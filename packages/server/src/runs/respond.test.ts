import { setImmediate } from 'node:timers/promises'

import type { AgentPart, Message } from '@caughtup/schema'
import { noticeText } from '@caughtup/schema/notice'
import {
  convertToModelMessages,
  jsonSchema,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { describe, expect, test } from 'vitest'

import { interceptedStorage, type StorageHooks } from '../../tests/support/intercept-storage.ts'
import {
  openTestServer,
  testDatabase,
  type TestServerOptions,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent, type ScriptedRun } from '../../tests/support/scripted-agent.ts'

const call = (toolCallId: string): AgentPart => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'remove',
  input: { path: toolCallId },
})
const approval = (toolCallId: string): AgentPart => ({
  type: 'tool-approval-request',
  approvalId: `approve-${toolCallId}`,
  toolCall: { toolCallId, toolName: 'remove', input: { path: toolCallId } },
})

/** A session whose agent has asked for what these parts say, and waits. */
async function openWaiting(parts: AgentPart[], options: TestServerOptions = {}) {
  const scripted = new ScriptedAgent()
  // So long that nothing is done by a check that should have been done before.
  const server = await openTestServer({ agent: scripted.agent, lease: 1e9, ...options })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  const { runId } = await client.messages.send({ sessionId, text: 'Hi', messageId: 'hi' })
  const head = async () => (await server.store.head(sessionId)).head
  const answer = async (): Promise<Message> => {
    const { messages } = await server.store.window(sessionId)
    return messages.find(({ metadata, role }) => role === 'assistant' && metadata.runId === runId)!
  }
  const asked = await scripted.run()
  for (const part of parts) asked.yield(part)
  asked.yield({ type: 'finish', finishReason: 'tool-calls', totalUsage: { outputTokens: 5 } })
  asked.finish()
  await expect.poll(async () => (await head()).run?.status).toBe('waiting')
  const respond = (toolCallId: string, how: object, from = client) =>
    from.runs.respond({ sessionId, runId, toolCallId, ...how } as never)
  const finish = async (run: ScriptedRun) => {
    run.yield({ type: 'finish', finishReason: 'stop', totalUsage: { outputTokens: 7 } })
    run.finish()
    await expect.poll(async () => (await head()).run).toBeUndefined()
  }
  return { ...server, scripted, client, sessionId, runId, head, answer, respond, finish }
}

describe('an approval', () => {
  test('starts the agent again in the same message and run', async () => {
    const { scripted, respond, runId, answer, finish, client, sessionId } = await openWaiting([
      { type: 'text-delta', text: 'Shall I? ' },
      call('a'),
      approval('a'),
    ])
    const { id } = await answer()
    expect(await respond('a', { approved: true, reason: 'Sure' })).toEqual({ resumed: true })
    const run = await scripted.run()
    expect(run.context).toMatchObject({ runId, attempt: 1, prompt: { id: 'hi' } })
    expect(run.context.messages.at(-1)).toMatchObject({
      id,
      parts: [
        { type: 'text', text: 'Shall I? ' },
        { state: 'approval-responded', approval: { approved: true, reason: 'Sure' } },
      ],
    })
    run.yield({ type: 'tool-result', toolCallId: 'a', toolName: 'remove', output: 'gone' })
    run.say('Done.')
    await finish(run)
    expect(await answer()).toMatchObject({
      id,
      status: 'done',
      parts: [
        { type: 'text', text: 'Shall I? ' },
        { state: 'output-available', output: 'gone' },
        { type: 'text', text: 'Done.' },
      ],
      metadata: { usage: { outputTokens: 12 }, finishReason: 'stop' },
    })
    expect(await client.usage.get({ sessionId })).toMatchObject({ totals: { outputTokens: 12 } })
  })

  test('of one call of two starts nothing: the agent waits for both', async () => {
    const { scripted, respond, head, finish } = await openWaiting([
      call('a'),
      approval('a'),
      call('b'),
      approval('b'),
    ])
    expect(await respond('b', { approved: false })).toEqual({ resumed: false })
    expect((await head()).run?.status).toBe('waiting')
    expect(await respond('a', { approved: true })).toEqual({ resumed: true })
    const run = await scripted.run()
    expect(run.context.messages.at(-1)?.parts).toMatchObject([
      { state: 'approval-responded', approval: { approved: true } },
      { state: 'approval-responded', approval: { approved: false } },
    ])
    await finish(run)
  })

  test('is given once: the second one is a conflict, also after the run has gone on or ended', async () => {
    const { scripted, respond, finish } = await openWaiting([call('a'), approval('a')])
    const both = await Promise.allSettled([
      respond('a', { approved: true }),
      respond('a', { approved: false }),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const conflict = (reason: string) => ({ code: 'CONFLICT', data: { reason } })
    expect(both.find((each) => each.status === 'rejected')?.reason).toMatchObject(
      conflict('answered'),
    )
    await expect(respond('a', { approved: true })).rejects.toMatchObject(conflict('answered'))
    await finish(await scripted.run())
    await expect(respond('a', { approved: true })).rejects.toMatchObject(
      conflict('run-not-waiting'),
    )
  })

  test('that does not fit its call, or is of an unknown one, changes nothing', async () => {
    const { respond, head } = await openWaiting([call('a'), approval('a'), call('b')])
    const { seq } = await head()
    await expect(respond('a', { output: 1 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(respond('b', { approved: true })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(respond('c', { approved: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const output = JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`)
    await expect(respond('b', { output })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'output' },
    })
    expect((await head()).seq).toBe(seq)
  })

  test('after a restart, and in another process, goes on there', async () => {
    const file = testDatabase()
    const { chat, respond, runId, sessionId, answer } = await openWaiting(
      [call('a'), approval('a')],
      { file },
    )
    await chat.close()
    const there = new ScriptedAgent()
    const next = await openTestServer({ file, agent: there.agent })
    expect(await respond('a', { approved: true }, next.client())).toEqual({ resumed: true })
    const run = await there.run()
    expect(run.context.runId).toBe(runId)
    run.yield({ type: 'tool-result', toolCallId: 'a', toolName: 'remove', output: 'gone' })
    run.finish()
    await expect.poll(async () => (await next.store.head(sessionId)).head.run).toBeUndefined()
    expect(await answer()).toMatchObject({ status: 'done', parts: [{ output: 'gone' }] })
  })

  test('by two processes at once is given once, and one of them goes on', async () => {
    const file = testDatabase()
    const { respond, scripted, client, head } = await openWaiting([call('a'), approval('a')], {
      file,
    })
    const there = new ScriptedAgent()
    const other = await openTestServer({ file, agent: there.agent, lease: 1e9 })
    const both = await Promise.allSettled([
      respond('a', { approved: true }, client),
      respond('a', { approved: true }, other.client()),
    ])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const run = await Promise.race([scripted.run(), there.run()])
    run.finish()
    await expect.poll(async () => (await head()).run).toBeUndefined()
  })
})

describe('a waiting run', () => {
  test('holds its place: prompts wait behind it, and one that interrupts gets past it', async () => {
    const { client, sessionId, scripted, answer } = await openWaiting([call('a'), approval('a')])
    await client.messages.send({ sessionId, text: 'next', messageId: 'next' })
    await client.messages.send({ sessionId, text: 'now', messageId: 'now', whenBusy: 'interrupt' })
    const run = await scripted.run()
    expect(run.context.prompt.id).toBe('now')
    expect(await answer()).toMatchObject({
      status: 'done',
      metadata: { finishReason: 'interrupted' },
      parts: [{ state: 'output-error' }, { type: 'data-notice' }],
    })
    run.finish()
    expect((await scripted.run()).context.prompt.id).toBe('next')
  })

  test('can be interrupted, and its answer says so', async () => {
    const { client, sessionId, answer, head } = await openWaiting([call('a'), approval('a')])
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    expect((await head()).run).toBeUndefined()
    const { parts } = await answer()
    expect(parts.at(-1)).toMatchObject({ data: { kind: 'interrupted' } })
    expect(noticeText({ kind: 'interrupted', assistant: '' })).toBe('Assistant was stopped.')
  })

  test('can be interrupted while it begins to wait', async () => {
    const hooks: StorageHooks = {}
    const scripted = new ScriptedAgent()
    const storage = interceptedStorage(testDatabase(), hooks)
    const server = await openTestServer({ agent: scripted.agent, storage, lease: 1e9 })
    const client = server.client()
    const { id: sessionId } = await client.sessions.create()
    await client.messages.send({ sessionId, text: 'Hi' })
    const run = await scripted.run()
    const suspending = Promise.withResolvers<void>()
    hooks.commit = async (slices) => {
      const drafts = slices.flatMap((slice) => slice.drafts)
      if (!drafts.some(({ type }) => type === 'run-changed')) return
      suspending.resolve()
      // Until the interruption, which has still seen the run stream, waits for its end.
      for (let turn = 0; turn < 20; turn++) await setImmediate()
    }
    hooks.state = async () => {
      hooks.state = undefined
      run.yield(call('a'))
      run.finish()
      await suspending.promise
    }
    expect(await client.runs.interrupt({ sessionId })).toEqual({ interrupted: true })
    expect((await server.store.head(sessionId)).head.run).toBeUndefined()
  })

  test('can be undone', async () => {
    const { client, sessionId, head } = await openWaiting([call('a'), approval('a')])
    await client.history.undo({ sessionId })
    expect((await head()).run).toBeUndefined()
    expect((await client.history.loadMore({ sessionId })).messages).toEqual([])
  })

  test('is left alone by the watch over dead processes', async () => {
    const { head, runId, chat } = await openWaiting([call('a')], { lease: 30 })
    await chat.close()
    expect((await head()).run).toMatchObject({ id: runId, status: 'waiting' })
  })

  test('wants an output for a call without approval', async () => {
    const { scripted, respond, finish, answer } = await openWaiting([call('a'), call('b')])
    await respond('a', { output: { lat: 1 } })
    await respond('b', { error: 'No permission.' })
    const run = await scripted.run()
    expect(run.context.messages.at(-1)?.parts).toMatchObject([
      { state: 'output-available', output: { lat: 1 } },
      { state: 'output-error', errorText: 'No permission.' },
    ])
    await finish(run)
    expect((await answer()).parts).toHaveLength(2)
  })
})

describe('with the AI SDK', () => {
  const usage = {
    inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 5, text: 5, reasoning: 0 },
  }
  const turn = (...chunks: unknown[]) => [{ type: 'stream-start', warnings: [] }, ...chunks]
  const end = (unified: string) => ({ type: 'finish', finishReason: { unified, raw: '' }, usage })
  const toolCall = { type: 'tool-call', toolCallId: 't', toolName: 'remove', input: '{"path":"x"}' }

  /** An agent as its README has it, with a tool that needs approval and one of the client. */
  function sdkAgent(turns: unknown[][], executed: string[]): TestServerOptions['agent'] {
    const model = new MockLanguageModelV4({
      doStream: async () => ({
        stream: simulateReadableStream({ chunks: (turns.shift() ?? []) as never[] }),
      }),
    })
    return async ({ messages, signal }) =>
      streamText({
        model,
        messages: await convertToModelMessages(messages),
        abortSignal: signal,
        stopWhen: stepCountIs(3),
        toolApproval: { remove: 'user-approval' },
        tools: {
          remove: tool({
            inputSchema: jsonSchema<{ path: string }>({ type: 'object' }),
            execute: async ({ path }) => {
              executed.push(path)
              return 'gone'
            },
          }),
          locate: tool({ inputSchema: jsonSchema<object>({ type: 'object' }) }),
        },
      }).stream
  }

  async function openSdk(turns: unknown[][]) {
    const executed: string[] = []
    const { client, store, errors } = await openTestServer({ agent: sdkAgent(turns, executed)! })
    const me = client()
    const { id: sessionId } = await me.sessions.create()
    const { runId } = await me.messages.send({ sessionId, text: 'Remove x.' })
    const status = async () => (await store.head(sessionId)).head.run?.status
    await expect.poll(status).toBe('waiting')
    const over = () => expect.poll(status).toBeUndefined()
    const answer = async () => (await store.window(sessionId)).messages.at(-1)
    return { me, sessionId, runId, executed, over, answer, errors }
  }

  test('an approved tool is executed once, and the model goes on', async () => {
    const { me, sessionId, runId, executed, over, answer, errors } = await openSdk([
      turn(toolCall, end('tool-calls')),
      turn(
        { type: 'text-start', id: 'x' },
        { type: 'text-delta', id: 'x', delta: 'It is gone.' },
        end('stop'),
      ),
    ])
    expect(executed).toEqual([])
    await me.runs.respond({ sessionId, runId, toolCallId: 't', approved: true })
    await over()
    expect(executed).toEqual(['x'])
    expect((await answer())?.parts).toMatchObject([
      { type: 'step-start' },
      { state: 'output-available', output: 'gone', approval: { approved: true } },
      { type: 'step-start' },
      { type: 'text', text: 'It is gone.' },
    ])
    expect(errors).toEqual([])
  })

  test('a denied tool is not executed, and the model is told', async () => {
    const { me, sessionId, runId, executed, over, answer, errors } = await openSdk([
      turn(toolCall, end('tool-calls')),
      turn(
        { type: 'text-start', id: 'x' },
        { type: 'text-delta', id: 'x', delta: 'As you like.' },
        end('stop'),
      ),
    ])
    await me.runs.respond({ sessionId, runId, toolCallId: 't', approved: false, reason: 'No.' })
    await over()
    expect(executed).toEqual([])
    expect((await answer())?.parts).toMatchObject([
      { type: 'step-start' },
      { state: 'output-denied', approval: { approved: false, reason: 'No.' } },
      { type: 'step-start' },
      { type: 'text', text: 'As you like.' },
    ])
    expect(errors).toEqual([])
  })

  test('a tool of the client gets its output from the client', async () => {
    const locate = { ...toolCall, toolName: 'locate', input: '{}' }
    const { me, sessionId, runId, over, answer, errors } = await openSdk([
      turn(locate, end('tool-calls')),
      turn(
        { type: 'text-start', id: 'x' },
        { type: 'text-delta', id: 'x', delta: 'You are in Rome.' },
        end('stop'),
      ),
    ])
    await me.runs.respond({ sessionId, runId, toolCallId: 't', output: { city: 'Rome' } })
    await over()
    expect((await answer())?.parts).toMatchObject([
      { type: 'step-start' },
      { state: 'output-available', output: { city: 'Rome' } },
      { type: 'step-start' },
      { type: 'text', text: 'You are in Rome.' },
    ])
    expect(errors).toEqual([])
  })
})
