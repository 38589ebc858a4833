import { describe, expect, it } from 'vitest'

import { createRepoTools } from '../repository/repo-tools.ts'
import { Repository } from '../repository/repository.ts'
import { SearchIndex } from '../repository/search-index.ts'
import { type Completion, serveModel, textDeltas } from '../testing/model-server.ts'
import { collect, partsOf, testContext, testMessage, textOf } from '../testing/run-agent.ts'
import { checkoutWith } from '../testing/test-repository.ts'
import { chatModel } from './chat-model.ts'
import { createModelAgent } from './model-agent.ts'
import { summariseByModel } from './model-summarise.ts'

const answers = (text: string): Completion => ({ deltas: textDeltas(text), finishReason: 'stop' })

/** The model asks for a tool, its arguments in two pieces. */
const calls = (name: string, input: object): Completion => {
  const json = JSON.stringify(input)
  const delta = (fields: object) => ({ tool_calls: [{ index: 0, ...fields }] })
  return {
    deltas: [
      delta({ id: 'call_1', type: 'function', function: { name, arguments: json.slice(0, 5) } }),
      delta({ function: { arguments: json.slice(5) } }),
    ],
    finishReason: 'tool_calls',
  }
}

async function testModel(answer: Parameters<typeof serveModel>[0]) {
  const server = await serveModel(answer)
  const repository = await Repository.open(checkoutWith({ 'a.md': '# Title\n\nwords' }))
  const tools = createRepoTools(repository, new SearchIndex(repository))
  const model = chatModel({ baseUrl: server.baseUrl, apiKey: 'key', name: 'tested' })
  return { server, model, agent: createModelAgent(model, tools) }
}

describe('the model agent', () => {
  it('streams the model’s text, with its usage', async () => {
    const { server, agent } = await testModel(() => answers('Hello to you'))
    const parts = await collect(agent(testContext('Hi')))
    expect(textOf(parts)).toBe('Hello to you')
    expect(partsOf(parts, 'text-delta')).toHaveLength(3)
    expect(partsOf(parts, 'finish-step')[0]!.usage).toMatchObject({
      inputTokens: 120,
      outputTokens: 30,
    })
    const [request] = server.requests
    expect(request!.authorization).toBe('Bearer key')
    expect(request!.body.model).toBe('tested')
    expect(request!.body.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(request!.body.tools!.map((one) => one.function.name)).toEqual([
      'list_files',
      'read_file',
      'search',
    ])
  })

  it('runs the tools that the model calls and sends it the results', async () => {
    const { server, agent } = await testModel((_body, number) =>
      number === 1 ? calls('read_file', { path: 'a.md' }) : answers('It says words.'),
    )
    const parts = await collect(agent(testContext('What does a.md say?')))
    expect(
      partsOf(parts, 'tool-input-delta')
        .map(({ delta }) => delta)
        .join(''),
    ).toBe('{"path":"a.md"}')
    expect(partsOf(parts, 'tool-result')[0]!.output).toMatchObject({ text: '# Title\n\nwords' })
    expect(textOf(parts)).toBe('It says words.')
    const told = server.requests[1]!.body.messages
    expect(told.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
    expect(JSON.stringify(told.at(-1))).toContain('words')
  })

  it('tells the model why a tool failed', async () => {
    const { server, agent } = await testModel((_body, number) =>
      number === 1 ? calls('read_file', { path: '../secret' }) : answers('There is none.'),
    )
    const parts = await collect(agent(testContext('Read ../secret')))
    expect(partsOf(parts, 'tool-error')).toHaveLength(1)
    expect(JSON.stringify(server.requests[1]!.body.messages.at(-1))).toContain(
      'is not a file of this repository',
    )
  })

  it('stops a model that only calls tools', async () => {
    const { server, agent } = await testModel(() => calls('list_files', {}))
    await collect(agent(testContext('Loop')))
    expect(server.requests).toHaveLength(8)
  })
})

describe('summariseByModel', () => {
  it('has the model write the summary of the conversation', async () => {
    const { server, model } = await testModel(() => answers('They spoke of cursors.'))
    const messages = [testMessage(1, 'user', 'A cursor?'), testMessage(2, 'assistant', 'A place.')]
    const { signal } = new AbortController()
    const context = { sessionId: 's', runId: 'r', messages, signal }
    const summary = await summariseByModel(model)(context)
    expect(summary).toMatchObject({
      text: 'They spoke of cursors.',
      model: 'tested',
      usage: {
        inputTokens: 120,
        outputTokens: 30,
        totalTokens: 150,
        outputTokenDetails: { reasoningTokens: 12 },
      },
    })
    expect(JSON.stringify(server.requests[0]!.body.messages)).toContain(
      'user: A cursor?\\n\\nassistant: A place.',
    )
  })
})
