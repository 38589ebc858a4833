import type {
  AgentPart,
  FinishReason,
  Message,
  MessageDraft,
  Part,
  ToolPart,
} from '@caughtup/schema'
import { applyOps } from '@caughtup/schema/fold'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { convertToModelMessages, jsonSchema, simulateReadableStream, streamText, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import { modelContext } from '../src/agent/model-context.ts'
import { answerOf } from './support/answer-of.ts'
import { openTestServer, readRun, readUntil } from './support/open-test-server.ts'

const never = new AbortController().signal
const tools = {
  read: tool({ inputSchema: jsonSchema<object>({ type: 'object' }), execute: async () => 'text' }),
}
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** The AI SDK's error with this context, if any, and what it sends to the provider. */
async function request(messages: Message[]) {
  const failures: unknown[] = []
  const model = new MockLanguageModelV4({
    supportedUrls: { '*/*': [/.*/] },
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: 'stream-start', warnings: [] },
          { type: 'finish', finishReason: { unified: 'stop', raw: 'end' }, usage },
        ] as never[],
      }),
    }),
  })
  const { stream } = streamText({
    model,
    tools,
    messages: await convertToModelMessages(messages, { tools }),
    allowSystemInMessages: true,
    onError: ({ error }) => void failures.push(error),
  })
  for await (const part of stream) if (part.type === 'error') failures.push(part.error)
  return { failures, prompt: model.doStreamCalls[0]?.prompt ?? [] }
}

const id = fc.constantFrom('call_0', 'call_1')
const text = fc.constantFrom('', 'a', '{"a":', '1}')
const beside = fc.constantFrom({}, { providerMetadata: { acme: { id: 'x' } } })
const flag = fc.constantFrom({}, { providerExecuted: true })
const is = <T extends string>(type: T) => fc.constant(type)
const file = fc.constant({ mediaType: 'image/png', base64: 'AA==' })
const toolCall = fc.record({ toolCallId: id, toolName: is('read'), input: fc.constant({}) })

/** All parts that an agent may yield, in any order. */
const said: fc.Arbitrary<AgentPart> = fc
  .tuple(
    fc.oneof(
      fc.record({ type: fc.constantFrom('text-start', 'text-end', 'reasoning-start'), id }),
      fc.record({ type: is('reasoning-end'), id }),
      fc.record({ type: fc.constantFrom('text-delta', 'reasoning-delta'), id, text }),
      fc.record({ type: is('start-step') }),
      fc.record({ type: is('tool-input-start'), id, toolName: is('read') }),
      fc.record({ type: is('tool-input-delta'), id, delta: text }),
      fc
        .tuple(toolCall, flag, fc.constantFrom('tool-call', 'tool-error'))
        .map(([call, executed, type]) => ({ ...call, ...executed, type, error: 'No' })),
      fc.tuple(toolCall, flag, fc.boolean()).map(([call, executed, preliminary]) => ({
        ...call,
        ...executed,
        type: 'tool-result',
        output: [1],
        preliminary,
      })),
      fc.record({ type: is('tool-approval-request'), approvalId: is('p'), toolCall }),
      fc.record({
        type: is('tool-approval-response'),
        approvalId: is('p'),
        toolCall,
        approved: fc.boolean(),
      }),
      fc.record({ type: is('tool-output-denied'), toolCallId: id }),
      fc.record({ type: fc.constantFrom('file', 'reasoning-file'), file }),
      fc.record({ type: is('custom'), kind: is('acme.card') }),
      fc.record({ type: is('source'), sourceType: is('url'), id, url: is('https://x.example') }),
      fc.record({ type: is('data-progress'), id, data: text }),
    ),
    beside,
  )
  .map(([part, metadata]) => ({ ...part, ...metadata }) as AgentPart)
const answers = fc.array(
  fc.record({
    parts: fc.array(said, { maxLength: 12 }),
    reason: fc.constantFrom<FinishReason>('stop', 'interrupted', 'lost', 'error', 'tool-calls'),
  }),
  { minLength: 1, maxLength: 3 },
)

async function openSession(): Promise<{ store: Store; sessionId: string }> {
  const store = await createStore({ storage: memory() })
  onTestFinished(() => store.close())
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  return { store, sessionId }
}

function message(role: Message['role'], messageId: string, parts: Part[]): MessageDraft {
  return { id: messageId, role, parts, metadata: { createdAt: 1 }, status: 'done' }
}

async function create(store: Store, sessionId: string, draft: MessageDraft): Promise<void> {
  await store.append({ sessionId, drafts: [{ type: 'message-created', message: draft }] })
}

const prompt = (messageId: string) => message('user', messageId, [{ type: 'text', text: 'Hi' }])

/** The parts that an agent yields until it is cut off. */
async function write(
  store: Store,
  sessionId: string,
  answer: { parts: readonly AgentPart[]; reason: FinishReason },
  name: string,
): Promise<void> {
  const { runId, messageId } = { runId: `run-${name}`, messageId: `answer-${name}` }
  const run = { id: runId, kind: 'agent', status: 'streaming', startedAt: 1 } as const
  const open = { ...message('assistant', messageId, []), status: 'open' as const }
  await store.append({
    sessionId,
    drafts: [
      { type: 'run-started', runId, run },
      { type: 'message-created', runId, message: { ...open, metadata: { createdAt: 1, runId } } },
    ],
  })
  const writer = store.writer({ sessionId, runId, messageId })
  for (const part of answer.parts) await writer.write(part)
  const end = { type: 'run-ended', runId, reason: answer.reason } as const
  await writer.finish({ reason: answer.reason }, [end])
}

async function assertValid(store: Store, sessionId: string): Promise<void> {
  const context = await modelContext(store, sessionId, { signal: never })
  for (const { parts } of context) {
    expect(parts).not.toEqual([])
    expect(parts.at(-1)).not.toEqual({ type: 'step-start' })
  }
  const { failures, prompt: sent } = await request(context)
  expect(failures).toEqual([])
  expect(sent.map(({ content }) => content.length)).not.toContain(0)
}

describe("an agent's context is valid for the AI SDK", () => {
  test('whatever its earlier answers contain, wherever they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (earlier) => {
        const { store, sessionId } = await openSession()
        for (const [index, answer] of earlier.entries()) {
          await create(store, sessionId, prompt(`prompt-${index}`))
          await write(store, sessionId, answer, `${index}`)
        }
        await create(store, sessionId, prompt('last'))
        const { messages } = await store.window(sessionId)
        const states = messages.flatMap(({ parts }) =>
          parts.flatMap((part) => (part.type === 'dynamic-tool' ? [part.state] : [])),
        )
        expect(states.filter((state) => !state.startsWith('output-'))).toEqual([])
        await assertValid(store, sessionId)
        await store.close()
      }),
      { numRuns: 150 },
    )
  })

  test('even if messages were stored with calls without results', async () => {
    const part: fc.Arbitrary<Part> = fc.oneof(
      fc.constantFrom<Part[]>(
        { type: 'text', text: '' },
        { type: 'text', text: 'a', state: 'streaming' },
        { type: 'reasoning', text: '' },
        { type: 'step-start' },
        { type: 'file', mediaType: 'image/png', url: 'not/absolute' },
        { type: 'reasoning-file', mediaType: 'image/png', url: '' },
        { type: 'data-notice', data: { kind: 'lost', assistant: '' } },
        { type: 'source-url', sourceId: 's', url: 'https://x.example' },
      ),
      fc
        .tuple(id, fc.nat(6), flag)
        .map(([toolCallId, state, executed]) => ({ ...calls[state]!, ...executed, toolCallId })),
    )
    const stored = fc.record({
      role: fc.constantFrom<Message['role']>('user', 'assistant', 'system'),
      parts: fc.array(part, { maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(stored, { maxLength: 5 }), async (messages) => {
        const { store, sessionId } = await openSession()
        for (const [index, { role, parts }] of messages.entries()) {
          await create(store, sessionId, message(role, `m${index}`, applyOps(parts, [])))
        }
        await create(store, sessionId, prompt('last'))
        await assertValid(store, sessionId)
        await store.close()
      }),
      { numRuns: 150 },
    )
  })
})

const call = { type: 'dynamic-tool', toolName: 'read', toolCallId: 'c' } as const
const approval = { id: 'p' }
const calls: ToolPart[] = [
  { ...call, state: 'input-streaming', rawInput: '{"a' },
  { ...call, state: 'input-available', input: {} },
  { ...call, state: 'approval-requested', input: {}, approval },
  { ...call, state: 'approval-responded', input: {}, approval: { ...approval, approved: true } },
  { ...call, state: 'approval-responded', input: {}, approval: { ...approval, approved: false } },
  { ...call, state: 'output-available', input: {}, output: 1, preliminary: true },
  { ...call, state: 'output-error', input: {}, errorText: 'No', rawInput: '{"a' },
]

test('a run that is stopped while a tool executes does not end its session', async () => {
  const started = Promise.withResolvers<void>()
  let turn = 0
  const { client, sessionId, errors, store } = await answerOf(async function* (context) {
    const { failures } = await request(context.messages)
    if (failures.length > 0) throw failures[0]
    turn++
    if (turn !== 2) return void (yield { type: 'text-delta', text: `${turn}` })
    yield { type: 'tool-call', toolCallId: 'c', toolName: 'read', input: { path: 'x' } }
    started.resolve()
    await new Promise(() => {})
  })
  const me = client()
  const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  await me.messages.send({ sessionId, text: 'Read it' })
  await started.promise
  await me.runs.interrupt({ sessionId })
  const stopped = (await store.window(sessionId)).messages.at(-1)
  expect(stopped?.parts).toMatchObject([
    {
      state: 'output-error',
      input: { path: 'x' },
      errorText: 'The tool call was interrupted before it had a result.',
    },
    { type: 'data-notice' },
  ])
  await readRun(stream)
  await me.messages.send({ sessionId, text: 'Go on' })
  await readRun(stream)
  const { messages } = await store.window(sessionId)
  expect(messages.at(-1)).toMatchObject({
    parts: [{ text: '3' }],
    metadata: { finishReason: 'stop' },
  })
  expect(errors).toEqual([])
})

test('a call whose approval nobody gave is settled when its run is interrupted, and the session continues', async () => {
  const chunks = [
    { type: 'stream-start', warnings: [] },
    { type: 'tool-call', toolCallId: 'c', toolName: 'read', input: '{"path":"x"}' },
    { type: 'finish', finishReason: { unified: 'tool-calls', raw: 'tool_use' }, usage },
  ] as never[]
  const model = new MockLanguageModelV4({
    doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
  })
  const guarded = { read: { ...tools.read, needsApproval: true } }
  const { client, store, errors } = await openTestServer({
    agent: async ({ messages }) => {
      const { failures } = await request(messages)
      if (failures.length > 0) throw failures[0]
      const prompt = await convertToModelMessages(messages, { tools: guarded })
      return streamText({ model, tools: guarded, messages: prompt }).stream
    },
  })
  const me = client()
  const { id: sessionId } = await me.sessions.create()
  for (const text of ['Hi', 'Go on']) {
    await me.messages.send({ sessionId, text })
    const status = async () => (await store.head(sessionId)).head.run?.status
    await expect.poll(status).toBe('waiting')
    await me.runs.interrupt({ sessionId })
    expect((await store.window(sessionId)).messages.at(-1)).toMatchObject({
      parts: [
        { type: 'step-start' },
        {
          type: 'dynamic-tool',
          toolCallId: 'c',
          state: 'output-error',
          input: { path: 'x' },
          errorText: 'The tool call was interrupted before it had a result.',
        },
        { type: 'data-notice' },
      ],
      metadata: { finishReason: 'interrupted' },
    })
  }
  expect(errors).toEqual([])
})
