import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, sse } from '@caughtup/web-client'
import { simulateReadableStream } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { createRoot } from 'react-dom/client'
import { expect, test } from 'vitest'

import { createWeatherChat } from './backend.ts'
import { WeatherPage } from './page.tsx'

test('declared types hold from the agent to a component', () => {
  const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })
  expect(stdout).toBe('')
}, 120_000)

test('the application runs: a client answers a tool, and the component shows what another made', async () => {
  const inputs = [
    { toolName: 'askPlace', input: '{"why":"Where are you?"}' },
    { toolName: 'weather', input: '{"city":"Bern"}' },
    { toolName: 'weather', input: '{"town":"Bern"}' },
  ]
  const store = await createStore({ storage: memory() })
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({ chunks: chunksOf(inputs.shift()) }),
    }),
  })
  const warned: string[] = []
  const chat = createWeatherChat(store, model, warned)
  const { url, close } = await serve(chat, { port: 0, host: '127.0.0.1' })
  const client = createChatClient({ link: sse({ url: new URL('/rpc', url) }) })
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  try {
    const { id, metadata } = await client.rpc.sessions.create({ metadata: { project: 'x' } })
    expect(metadata).toEqual({ project: 'x', labels: [] })
    const session = client.session(id)
    root.render(<WeatherPage session={session} />)
    await session.send('What is the weather?')
    await expect.poll(() => document.querySelector('button')?.textContent).toBe('Where are you?')
    await expect.poll(() => warned).toEqual(['Where are you?'])
    document.querySelector('button')?.click()
    await expect
      .poll(() => document.querySelector('span + *, p.assistant')?.textContent)
      .toContain('.')
    await expect.poll(() => document.querySelector('p.assistant span')?.textContent).toBe('Done.')
    expect(document.querySelector('b')?.textContent).toBe('Bern: 4.0 °C')
    expect(document.querySelector('em')?.textContent).toMatch(/city/)
    expect(document.querySelector('progress')?.value).toBe(10)
    expect(document.querySelector<HTMLElement>('p.assistant')?.title).toBe('helpful')
  } finally {
    root.unmount()
    client.close()
    await close()
    await store.close()
  }
}, 60_000)

/** A step that calls a tool, or one that says that it is done. */
function chunksOf(call: { toolName: string; input: string } | undefined) {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  const finish = (unified: 'stop' | 'tool-calls') =>
    ({ type: 'finish', finishReason: { unified, raw: undefined }, usage }) as const
  if (call) {
    return [{ type: 'tool-call', toolCallId: call.input, ...call } as const, finish('tool-calls')]
  }
  return [
    { type: 'text-start', id: '1' } as const,
    { type: 'text-delta', id: '1', delta: 'Done.' } as const,
    { type: 'text-end', id: '1' } as const,
    finish('stop'),
  ]
}
