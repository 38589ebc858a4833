import { join } from 'node:path'

import type { Message } from '@caughtup/schema'
import { auto, type ChatClient, createChatClient } from '@caughtup/web-client'
import { describe, expect, it, onTestFinished } from 'vitest'

import { readConfig } from './config/config.ts'
import { type Demo, type DemoOptions, startDemo } from './demo-server.ts'
import type { Health } from './pages/health-page.ts'
import { serveModel, textDeltas } from './testing/model-server.ts'
import { checkoutWith, folderWith, temporaryFolder } from './testing/test-repository.ts'

async function testDemo(
  env: Record<string, string> = {},
  options: Partial<DemoOptions> = {},
): Promise<Demo> {
  const set = {
    PORT: '0',
    CAUGHTUP_DB: ':memory:',
    DEMO_TOKENS_PER_SECOND: '10000',
    DEMO_FILL_TURNS: '0',
    ...env,
  }
  const demo = await startDemo({
    config: readConfig(set, [], '/'),
    root: checkoutWith({ 'README.md': '# Tested\n\nIt is a test.', 'package.json': '{}\n' }),
    built: folderWith({ 'index.html': '<!doctype html>' }),
    ...options,
  })
  onTestFinished(() => demo.close())
  return demo
}

function clientOf(demo: Demo, query = ''): ChatClient {
  const client = createChatClient({ link: auto({ url: `${demo.url}/rpc${query}` }) })
  onTestFinished(() => client.close())
  return client
}

/** Sends a prompt, waits for the end of its run, and returns its answer. */
async function ask({ rpc }: ChatClient, sessionId: string, text: string): Promise<Message> {
  const { runId } = await rpc.messages.send({ sessionId, text })
  for await (const frame of await rpc.onChat({ sessionId, mode: { type: 'full' } })) {
    if (frame.type === 'caught-up' && frame.run?.id !== runId) break
    if (frame.type !== 'events') continue
    if (frame.events.some((event) => event.type === 'run-ended' && event.runId === runId)) break
  }
  const { messages } = await rpc.history.loadMore({ sessionId })
  return messages.at(-1)!
}

const textOf = ({ parts }: Message) =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')

describe('startDemo', () => {
  it('answers commands with the exact text', async () => {
    const client = clientOf(await testDemo())
    const { id } = await client.rpc.sessions.create()
    const answer = await ask(client, id, '/count 500 10000')
    const numbers = Array.from({ length: 500 }, (_, index) => index + 1)
    expect(textOf(answer)).toBe(numbers.join(' '))
    expect(answer.metadata.finishReason).toBe('stop')
  })

  it('keeps the text before a failure and marks the answer as failed', async () => {
    const client = clientOf(await testDemo())
    const { id } = await client.rpc.sessions.create()
    const answer = await ask(client, id, '/fail')
    expect(textOf(answer)).toBe('1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20')
    expect(answer.metadata.finishReason).toBe('error')
  })

  it('answers questions from the repository, with usage and the size of the context', async () => {
    const client = clientOf(await testDemo())
    const { id } = await client.rpc.sessions.create()
    const answer = await ask(client, id, 'What is tested?')
    expect(textOf(answer)).toContain('> It is a test.')
    expect(answer.parts.filter(({ type }) => type === 'dynamic-tool')).toHaveLength(2)
    expect(answer.metadata.contextUsage).toMatchObject({ limit: 64_000 })
    expect(answer.metadata.usage!.inputTokens).toBeGreaterThan(0)
  })

  it('summarises the questions when the history is compacted', async () => {
    const client = clientOf(await testDemo())
    const { id } = await client.rpc.sessions.create()
    await ask(client, id, 'What is tested?')
    await client.rpc.history.compact({ sessionId: id })
    const answer = await ask(client, id, '/think')
    expect(answer.epoch).toBe(1)
    const { messages } = await client.rpc.history.loadMore({ sessionId: id })
    expect(textOf(messages[0]!)).toContain('What is tested? — It is a test.')
  })

  it('answers questions with the configured model, and commands by itself', async () => {
    const model = await serveModel(() => ({
      deltas: textDeltas('I am a model'),
      finishReason: 'stop',
    }))
    const client = clientOf(
      await testDemo({
        OPENAI_BASE_URL: model.baseUrl,
        OPENAI_API_KEY: 'key',
        OPENAI_MODEL: 'tested',
      }),
    )
    const { id } = await client.rpc.sessions.create()
    expect(textOf(await ask(client, id, 'Who are you?'))).toBe('I am a model')
    expect(textOf(await ask(client, id, '/count 3'))).toBe('1 2 3')
    expect(model.requests).toHaveLength(1)
  })

  it('keeps the sessions of different principals apart', async () => {
    const demo = await testDemo()
    const { id } = await clientOf(demo, '?as=ann').rpc.sessions.create()
    await expect(clientOf(demo).rpc.sessions.get({ sessionId: id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(clientOf(demo, '?as=a%20b').rpc.sessions.list()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
  })

  it('shows its statistics to everyone', async () => {
    const stats = await clientOf(await testDemo()).rpc.server.stats()
    expect(stats).toMatchObject({ runs: 0, chatStreams: 0 })
  })

  it('serves the page, and the sources that answers link to', async () => {
    const { url } = await testDemo()
    expect(await (await fetch(url)).text()).toBe('<!doctype html>')
    expect(await (await fetch(`${url}/source/README.md`)).text()).toContain('It is a test.')
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
  })

  it('reports its health while it fills an empty database, and afterwards', async () => {
    const demo = await testDemo({ DEMO_FILL_TURNS: '6' }, { turnsPerEpoch: 2 })
    const health = async () => (await (await fetch(`${demo.url}/healthz`)).json()) as Health
    const first = await health()
    expect(first.status).toBe('ok')
    expect(first.filling).toMatchObject({ total: 20 })
    await demo.filled
    expect(await health()).toMatchObject({ status: 'ok', filling: 'done', sessions: 5, runs: 0 })
  })

  it('does not call the model for the filling', async () => {
    const model = await serveModel(() => ({ deltas: [], finishReason: 'stop' }))
    const env = {
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: 'key',
      OPENAI_MODEL: 'tested',
      DEMO_FILL_TURNS: '4',
    }
    await (
      await testDemo(env, { turnsPerEpoch: 2 })
    ).filled
    expect(model.requests).toEqual([])
  })

  it('streams the text of the moment to a naive client, of sessions of the caller alone', async () => {
    const demo = await testDemo()
    const client = clientOf(demo)
    const { id } = await client.rpc.sessions.create({})
    const stream = await fetch(`${demo.url}/naive/${id}`)
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    await ask(client, id, '/count 5')
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('5')) text += (await reader.read()).value ?? ''
    await reader.cancel()
    const words = text.split('\n\n').map((line) => line.replace('data: ', ''))
    const shown = words.filter((word) => word !== '').map((word) => JSON.parse(word) as string)
    expect(shown.join('')).toBe('1 2 3 4 5')
    expect((await fetch(`${demo.url}/naive/${id}?as=zoe`)).status).toBe(404)
  })

  it('cannot be killed by a request where nothing would start it again', async () => {
    const { url } = await testDemo()
    const response = await fetch(`${url}/kill`, { method: 'POST', headers: { 'x-demo': 'kill' } })
    expect(response.status).toBe(404)
  })

  it('ends its streams and keeps everything when it closes', async () => {
    const database = join(temporaryFolder(), 'demo.db')
    const demo = await testDemo({ CAUGHTUP_DB: database })
    const { rpc } = clientOf(demo)
    const { id } = await rpc.sessions.create({ title: 'Kept' })
    const stream = await rpc.onChat({ sessionId: id, mode: { type: 'full' } })
    const ended = (async () => {
      for await (const frame of stream) if (frame.type === 'end') return frame.reason
      return undefined
    })()
    await demo.close()
    expect(await ended).toBe('shutting-down')
    const again = clientOf(await testDemo({ CAUGHTUP_DB: database }))
    expect(await again.rpc.sessions.get({ sessionId: id })).toMatchObject({ title: 'Kept' })
  })

  it('rejects when its port is in use', async () => {
    const { url } = await testDemo()
    const port = new URL(url).port
    await expect(testDemo({ PORT: port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
