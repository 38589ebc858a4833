import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { Message } from '@caughtup/schema'
import { Random } from '@caughtup/schema/testing'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { openFaultProxy } from './fault-proxy.ts'

const promptsEach = 8
/** Fixed ones, and one of this moment. A failure names its seed, for `SEED=… vitest run …`. */
const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : [1, 2, Math.floor(Math.random() * 2 ** 31)]

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

async function openServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-proxy-'))
  const store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  const chat = createChatServer({
    store,
    agent: async function* ({ messages, signal }) {
      const [part] = messages.at(-1)?.parts ?? []
      const text = part?.type === 'text' ? part.text : ''
      for (let token = 0; token < 40; token++) {
        await setTimeout(1, undefined, { signal })
        yield { type: 'text-delta', text: `${text}.${token} ` }
      }
    },
    principal: () => ({ id: 'ann' }),
    heartbeat: 200,
    drain: 0,
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'ann' })
  return { store, sessionId, port: Number(new URL(serving.url).port) }
}

const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

test.each(links.flatMap(([name, link]) => seeds.map((seed) => [name, seed, link] as const)))(
  'behind a proxy that cuts, delays, holds, silences and answers with pages, over %s, with seed %i, all devices end with the journal, and each prompt is there once',
  async (_, seed, link) => {
    const random = new Random(seed)
    const { store, sessionId, port } = await openServer()
    const proxy = await openFaultProxy(port, random)
    onTestFinished(() => proxy.close())
    const devices = ['a', 'b'].map((name) => {
      const client = createChatClient({
        link: link(`http://127.0.0.1:${proxy.port}/rpc`),
        schedule: (callback) => {
          queueMicrotask(callback)
          return () => {}
        },
        silence: 600,
        requestTimeout: 600,
        reconnect: { minDelay: 5, maxDelay: 50, unknownErrors: 1_000 },
      })
      onTestFinished(() => client.close())
      const view = client.session(sessionId)
      onTestFinished(view.subscribe(() => {}))
      return { name, view }
    })

    const sent = devices.flatMap(({ name, view }) =>
      Array.from({ length: promptsEach }, (_each, n) => ({ view, text: `${name}${n}` })),
    )
    const answers = await Promise.all(
      devices.map(async ({ view }) => {
        const ids: string[] = []
        for (const prompt of sent.filter((one) => one.view === view)) {
          const result = view.send(prompt.text)
          // Some are sent before the one before was answered.
          if (random.chance(0.5)) await result
          else await setTimeout(random.between(0, 30))
          ids.push((await result).messageId)
        }
        return ids
      }),
    )
    proxy.calm()
    await expect
      .poll(
        async () => {
          const { head } = await store.head(sessionId)
          const [a, b] = devices.map(({ view }) => view.getSnapshot())
          const settled = [a, b].every(
            (snapshot) =>
              snapshot?.connection.status === 'live' &&
              snapshot.pending.length === 0 &&
              !snapshot.run &&
              snapshot.queue.length === 0,
          )
          return settled && head.run === undefined && head.queue.length === 0
        },
        { timeout: 30_000 },
      )
      .toBe(true)

    const { messages } = await store.window(sessionId)
    for (const { view } of devices) expect(view.getSnapshot().messages).toEqual(messages)
    const prompts = messages.filter(({ role }) => role === 'user')
    expect(prompts.map(({ id }) => id).toSorted()).toEqual(answers.flat().toSorted())
    expect(prompts).toHaveLength(2 * promptsEach)
    for (const { name } of devices) {
      const own = prompts.map(textOf).filter((text) => text.startsWith(name))
      expect(own).toEqual(Array.from({ length: promptsEach }, (_each, n) => `${name}${n}`))
    }
    // Each answer is whole, and follows its prompt.
    const texts = messages.map(textOf)
    expect(texts.filter((_text, index) => index % 2 === 1)).toEqual(
      prompts.map((prompt) =>
        Array.from({ length: 40 }, (_each, token) => `${textOf(prompt)}.${token} `).join(''),
      ),
    )
    expect(Object.keys(proxy.faults).length).toBeGreaterThanOrEqual(4)
  },
)
