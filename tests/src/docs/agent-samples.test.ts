import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { type Agent, type ChatServer, createChatServer } from '@caughtup/server'
import { createTestClient } from '@caughtup/server/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  type ChatTransport,
  DefaultChatTransport,
  readUIMessageStream,
  simulateReadableStream,
  type UIMessage,
} from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, onTestFinished, test } from 'vitest'

import { type Sample, samplesIn, sampleUnder } from './doc-samples.ts'
import { serveCompletions } from './serve-completions.ts'
import { serveTools } from './serve-tools.ts'

const samples = samplesIn('packages/server/README.md')

test('an agent asks a model over HTTP as the server’s README says', async () => {
  const call = { index: 0, id: 'c', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
  const model = await serveCompletions([
    [{ tool_calls: [call] }, 'tool_calls'],
    [{ content: 'Clear.' }, 'stop'],
  ])
  const heading = 'An agent with OpenAI’s API, or a compatible one'
  const { agent } = await load<{ agent: Agent }>(heading, 'https://api.openai.com/', model)
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'me' }) })
  onTestFinished(async () => {
    await chat.close()
    await store.close()
  })
  const client = createTestClient(chat)
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  await client.messages.send({ sessionId, text: 'How is Rome?' })
  await expect
    .poll(async () => (await client.history.loadMore({ sessionId })).messages.at(-1)?.parts)
    .toMatchObject([
      { type: 'step-start' },
      { input: { city: 'Rome' }, output: { sky: 'clear' } },
      { type: 'step-start' },
      { text: 'Clear.', state: 'done' },
    ])
})

test('a transport of the server’s README takes an answer without an end for a lost connection', async () => {
  type Transport = new (options: { fetch: () => Promise<Response> }) => ChatTransport<UIMessage>
  const { WholeAnswers } = await load<{ WholeAnswers: Transport }>(
    'Clients that have only the AI SDK',
  )
  const read = async (...chunks: object[]) => {
    const body = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
    const transport = new WholeAnswers({ fetch: async () => new Response(body) })
    const stream = await transport.reconnectToStream({ chatId: 'a' })
    const texts: string[] = []
    for await (const { parts } of readUIMessageStream({
      stream: stream!,
      terminateOnError: true,
    })) {
      for (const part of parts) if (part.type === 'text') texts.push(part.text)
    }
    return texts
  }
  const said = [
    { type: 'start', messageId: 'm' },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'Half' },
  ]
  await expect(read(...said)).rejects.toThrow(/^network error/)
  expect((await read(...said, { type: 'finish' })).at(-1)).toBe('Half')
})

test('an agent has the tools of an MCP server as the server’s README says', async () => {
  const url = await serveTools({ sky: 'clear' })
  const { withTools } = await load<{ withTools: (model: unknown, url: string) => Agent }>(
    'Tools of an MCP server',
  )
  const agent = withTools(
    mockModel(
      [{ type: 'tool-call', toolCallId: 'c', toolName: 'sky', input: '{}' }],
      'tool-calls',
      [
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'It is clear.' },
        { type: 'text-end', id: 't' },
      ],
    ),
    url,
  )
  const store = await createStore({ storage: memory() })
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'me' }) })
  onTestFinished(async () => {
    await chat.close()
    await store.close()
  })
  const client = createTestClient(chat)
  const { id: sessionId } = await client.sessions.create({ title: 'Test' })
  await client.messages.send({ sessionId, text: 'How is the sky?' })
  await expect
    .poll(async () => (await client.history.loadMore({ sessionId })).messages.at(-1)?.parts)
    .toMatchObject([
      { type: 'step-start' },
      { toolName: 'sky', output: { content: [{ text: 'clear' }] } },
      { type: 'step-start' },
      { text: 'It is clear.' },
    ])
})

test('a chat server takes the place of a route for useChat and of its table', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'caughtup-moved-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const hello = { type: 'text-delta', id: 't', delta: 'Hello.' }
  const calls = [
    { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: '{"city":"Rome"}' },
  ]
  const said = [{ type: 'text-start', id: 't' }, hello, { type: 'text-end', id: 't' }]
  Object.assign(globalThis, { modelOfTest: mockModel(calls, 'tool-calls', said) })
  const { chat, messagesOf } = await loadFrom<{
    chat: ChatServer
    messagesOf: (id: string, user: string) => Promise<UIMessage[]>
  }>(
    samplesIn('docs/from-use-chat.md'),
    '1. The server',
    "path: 'chat.db'",
    `path: '${data}/chat.db'`,
    "model: 'openai/gpt-5.2'",
    "model: (globalThis as never)['modelOfTest']",
  )
  onTestFinished(() => chat.close())
  expect(await messagesOf('chat1', 'ann')).toEqual([])
  const transport = new DefaultChatTransport({
    api: 'http://localhost/api/chat',
    headers: { 'x-user': 'ann' },
    fetch: (input, init) => chat.fetch(new Request(input, init)),
  })
  const prompt = { id: 'm1', role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hi' }] }
  const stream = await transport.sendMessages({
    chatId: 'chat1',
    messages: [prompt],
    trigger: 'submit-message',
    messageId: undefined,
    abortSignal: undefined,
  })
  let shown: UIMessage | undefined
  for await (const each of readUIMessageStream({ stream })) shown = each
  const kept = await messagesOf('chat1', 'ann')
  expect(kept).toMatchObject([prompt, { id: shown?.id, role: 'assistant' }])
  expect(kept[1]?.parts).toMatchObject([
    { type: 'step-start' },
    { toolName: 'weather', output: 'It is clear in Rome.' },
    { type: 'step-start' },
    { type: 'text', text: 'Hello.' },
  ])
  expect(await messagesOf('chat1', 'bob')).toEqual([])
})

/** A model that gives these chunks, and in a second answer others. */
function mockModel(first: object[], unified: string, second: object[] = []) {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  const answers = [
    [...first, { type: 'finish', finishReason: { unified, raw: '' }, usage }],
    [...second, { type: 'finish', finishReason: { unified: 'stop', raw: '' }, usage }],
  ]
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [{ type: 'stream-start', warnings: [] }, ...(answers.shift() ?? [])] as never[],
      }),
    }),
  })
}

function load<Exports>(heading: string, ...replacements: string[]): Promise<Exports> {
  return loadFrom(samples, heading, ...replacements)
}

/** What a sample exports, with some text of it replaced. */
async function loadFrom<Exports>(
  from: readonly Sample[],
  heading: string,
  ...replacements: string[]
): Promise<Exports> {
  let { code } = sampleUnder(from, heading)
  for (let index = 0; index < replacements.length; index += 2) {
    const [old = '', next = ''] = replacements.slice(index)
    expect(code).toContain(old)
    code = code.replaceAll(old, next)
  }
  // Inside this package, so that it resolves the workspace's packages as a user's code does.
  const folder = mkdtempSync(path.resolve(import.meta.dirname, '../../.agent-samples-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'sample.ts')
  writeFileSync(file, code)
  return import(/* @vite-ignore */ file)
}
