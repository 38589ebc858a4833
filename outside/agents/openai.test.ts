import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import path from 'node:path'

import { type Agent, createChatServer } from '@caughtup/server'
import { createTestClient } from '@caughtup/server/testing'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { OpenAI } from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'

import { onChatCompletions, onResponses } from './openai-agents.ts'

test('what the client of openai takes and streams has our types', () => {
  const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })
  expect(stdout).toBe('')
}, 120_000)

const choice = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
})
const text = { type: 'response.output_text.delta', item_id: 'm', content_index: 0, delta: 'Hello' }

describe.each<[string, (openai: OpenAI) => Agent, object[], object]>([
  ['chat completions', onChatCompletions, [choice({ content: 'Hello' })], choice({}, 'stop')],
  [
    'Responses',
    onResponses,
    [{ type: 'response.created', response: {} }, text],
    { type: 'response.completed', response: {} },
  ],
])('with the client of openai, an agent on %s', (_, agentOf, events, end) => {
  test('answers, and fails where its stream stops or the request is refused', async () => {
    const answers: (object[] | number)[] = [[...events, end], events, 401]
    const model = createServer((_request, response) => {
      const answer = answers.shift() ?? 500
      if (typeof answer === 'number') return void response.writeHead(answer).end('{}')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(answer.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
    })
    onTestFinished(() => void model.close())
    model.listen(0, '127.0.0.1')
    await once(model, 'listening')
    const address = model.address()
    const port = typeof address === 'object' ? address?.port : 0
    const baseURL = `http://127.0.0.1:${port}/v1`
    const openai = new OpenAI({ apiKey: 'key', baseURL, maxRetries: 0 })
    const store = await createStore({ storage: memory() })
    const errors: unknown[] = []
    const chat = createChatServer({
      store,
      agent: agentOf(openai),
      principal: () => ({ id: 'me' }),
      onError: (error) => void errors.push(error),
    })
    onTestFinished(async () => {
      await chat.close()
      await store.close()
    })
    const client = createTestClient(chat)
    const { id: sessionId } = await client.sessions.create({ title: 'Test' })
    for (const reason of ['stop', 'error', 'error']) {
      const { runId } = await client.messages.send({ sessionId, text: 'Hi' })
      const answer = async () => {
        const { messages } = await client.history.loadMore({ sessionId })
        const found = messages.find(
          ({ role, metadata }) => role === 'assistant' && metadata.runId === runId,
        )
        return found?.metadata.finishReason
      }
      await expect.poll(answer).toBe(reason)
    }
    expect(errors).toMatchObject([{ name: 'ProviderError', code: 'cut-off' }, { status: 401 }])
  })
})
