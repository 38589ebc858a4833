import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { type Agent, createChatServer } from '@caughtup/server'
import { createTestClient } from '@caughtup/server/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { type ChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import { expect, onTestFinished, test } from 'vitest'

import { samplesIn, sampleUnder } from './doc-samples.ts'
import { serveCompletions } from './serve-completions.ts'

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

/** What a sample exports, with some text of it replaced. */
async function load<Exports>(heading: string, from = '', to = ''): Promise<Exports> {
  const { code } = sampleUnder(samples, heading)
  expect(code).toContain(from)
  // Inside this package, so that it resolves the workspace's packages as a user's code does.
  const folder = mkdtempSync(path.resolve(import.meta.dirname, '../../.agent-samples-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'sample.ts')
  writeFileSync(file, from === '' ? code : code.replaceAll(from, to))
  return import(/* @vite-ignore */ file)
}
