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
import {
  type ChatClient,
  type ChatClientOptions,
  createChatClient,
  type Link,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { openFaultProxy } from '../support/fault-proxy.ts'
import { KeptDevice } from './kept-device.ts'

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

/** A page that sends, and shows what it has. */
interface Device {
  view: SessionView
  send(text: string): Promise<unknown>
  /** @default it keeps nothing, and is never reloaded */
  reload?: () => Promise<void>
}

function plainDevice(sessionId: string, client: ChatClient): Device {
  const view = client.session(sessionId)
  view.subscribe(() => {})
  return { view, send: (text) => view.send({ text, messageId: text }) }
}

test.each(links.flatMap(([name, link]) => seeds.map((seed) => [name, seed, link] as const)))(
  'behind a proxy that cuts, delays, holds, silences and answers with pages, over %s, with seed %i, all devices end with the journal, and each prompt is there once',
  async (_, seed, link) => {
    const random = new Random(seed)
    const { store, sessionId, port } = await openServer()
    const proxy = await openFaultProxy(() => port, random)
    onTestFinished(() => proxy.close())
    const open = (kept: Pick<ChatClientOptions, 'outbox' | 'cache'> = {}) => {
      const client = createChatClient({
        link: link(`http://127.0.0.1:${proxy.port}/rpc`),
        schedule: (callback) => {
          queueMicrotask(callback)
          return () => {}
        },
        silence: 600,
        requestTimeout: 600,
        reconnect: { minDelay: 5, maxDelay: 50, unknownErrors: 1_000 },
        ...kept,
      })
      onTestFinished(() => client.close())
      return client
    }
    const kept = [new KeptDevice(sessionId, open), new KeptDevice(sessionId, open)]
    const devices: Device[] = [...kept, plainDevice(sessionId, open())]

    const names = ['a', 'b', 'c']
    let reloads = 0
    await Promise.all(
      devices.map(async (device, index) => {
        const sent: Promise<unknown>[] = []
        for (let n = 0; n < promptsEach; n++) {
          const result = device.send(`${names[index]}${n}`)
          sent.push(result)
          // Some are sent before the one before was answered, and some pages are gone before.
          if (random.chance(0.5)) await result
          else await setTimeout(random.between(0, 30))
          if (!device.reload || random.chance(0.6)) continue
          reloads++
          await device.reload()
        }
        await Promise.all(sent)
      }),
    )
    proxy.calm()
    const settled = async () => {
      const { head } = await store.head(sessionId)
      const areDevices = devices.every(({ view }) => {
        const { connection, pending, run, queue } = view.getSnapshot()
        return connection.status === 'live' && pending.length === 0 && !run && queue.length === 0
      })
      return areDevices && head.run === undefined && head.queue.length === 0
    }
    await expect.poll(settled, { timeout: 30_000 }).toBe(true)
    // What they begin with now is the end of it.
    const restoredBefore = kept.map(({ restored }) => restored)
    for (const device of kept) await device.reload()
    await expect.poll(settled, { timeout: 30_000 }).toBe(true)
    expect(kept.map(({ restored }) => restored)).toEqual(restoredBefore.map((times) => times + 1))

    const { messages } = await store.window(sessionId)
    for (const { view } of devices) expect(view.getSnapshot().messages).toEqual(messages)
    const prompts = messages.filter(({ role }) => role === 'user')
    for (const name of names) {
      const own = prompts.map(textOf).filter((text) => text.startsWith(name))
      expect(own).toEqual(Array.from({ length: promptsEach }, (_each, n) => `${name}${n}`))
    }
    expect(prompts.map(({ id }) => id)).toEqual(prompts.map(textOf))
    expect(prompts).toHaveLength(names.length * promptsEach)
    // Each answer is whole, and follows its prompt.
    const texts = messages.map(textOf)
    expect(texts.filter((_text, index) => index % 2 === 1)).toEqual(
      prompts.map((prompt) =>
        Array.from({ length: 40 }, (_each, token) => `${textOf(prompt)}.${token} `).join(''),
      ),
    )
    expect(Object.keys(proxy.faults).length).toBeGreaterThanOrEqual(4)
    expect(reloads).toBeGreaterThan(0)
  },
)
