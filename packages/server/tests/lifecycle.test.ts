import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { ManualClock, settle } from '@caughtup/schema/testing'
import { createStore } from '@caughtup/store'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createChatServer } from '../src/create-chat-server.ts'
import { createTestClient } from '../src/testing.ts'
import { attachWebSocket } from '../src/transports/websocket/attach-websocket.ts'
import { interceptedStorage } from './support/intercept-storage.ts'
import {
  fetchClient,
  listen,
  openSocket,
  openTestServer,
  readUntil,
  serveTest,
  socketClient,
  testDatabase,
} from './support/open-test-server.ts'

/** Starts the process and waits for its first line; the process must exit by itself. */
async function start(use: 'created' | 'left' | 'closed' | 'served') {
  const file = fileURLToPath(new URL('support/lifecycle-process.ts', import.meta.url))
  const child = spawn(process.execPath, [file, use, testDatabase()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, line, exit }
}

describe('a process', () => {
  test('that only creates a chat server exits by itself', async () => {
    const { exit } = await start('created')
    expect(await exit).toEqual([0, null])
  })

  test('exits by itself when nothing runs and nobody follows, even without a close', async () => {
    const { exit } = await start('left')
    expect(await exit).toEqual([0, null])
  })

  test('exits by itself once the chat server and the store are closed', async () => {
    const { exit } = await start('closed')
    expect(await exit).toEqual([0, null])
  })

  test('that serves exits by itself after SIGTERM, and its clients read why', async () => {
    const { child, line: url, exit } = await start('served')
    const client = fetchClient((request) => fetch(request), 'me', `${url}/rpc`)
    const { id: sessionId } = await client.sessions.create()
    const over = socketClient(await openSocket({ url }))
    const input = { sessionId, mode: { type: 'full' } } as const
    const streams = [await client.onChat(input), await over.onChat(input)]
    for (const stream of streams) await readUntil(stream, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    for (const stream of streams) await readUntil(stream, 'events')
    child.kill('SIGTERM')
    for (const stream of streams) {
      expect((await readUntil(stream, 'end')).at(-1)).toMatchObject({ reason: 'shutting-down' })
    }
    expect(await exit).toEqual([0, null])
  })
})

describe('a chat server', () => {
  /** Counts how often the server checks runs by itself. */
  async function open() {
    const clock = new ManualClock()
    let looks = 0
    const count = () => void looks++
    const storage = interceptedStorage(testDatabase(), { heartbeat: count, activeRuns: count })
    const store = await createStore({ storage, clock })
    const chat = createChatServer({
      store,
      agent: async function* () {},
      principal: () => ({ id: 'me' }),
      drain: 0,
    })
    onTestFinished(async () => {
      await chat.close()
      await store.close()
    })
    const looksLater = async () => {
      await clock.advance(60_000)
      await settle()
      return looks
    }
    return { chat, looksLater }
  }

  test('does nothing before it is used', async () => {
    const { chat, looksLater } = await open()
    expect(await looksLater()).toBe(0)
    await chat.fetch(new Request('http://localhost/elsewhere'))
    expect(await looksLater()).toBe(0)
  })

  test.each([
    ['`start`', async (chat) => chat.start()],
    ['the first call', (chat) => createTestClient(chat).sessions.list()],
    ['a question for its health', (chat) => chat.fetch(new Request('http://x/rpc/health'))],
    ['`serve`', (chat) => serveTest(chat)],
  ] satisfies [string, (chat: Awaited<ReturnType<typeof open>>['chat']) => Promise<unknown>][])(
    'starts to watch runs with %s, once',
    async (_, use) => {
      const { chat, looksLater } = await open()
      await use(chat)
      await use(chat)
      const looks = await looksLater()
      expect(looks).toBeGreaterThan(20)
      expect((await looksLater()) - looks).toBeLessThan(2 * 40)
      await chat.close()
      chat.start()
      const end = await looksLater()
      expect(await looksLater()).toBe(end)
    },
  )
})

describe('the health of a chat server', () => {
  test('is ok, and draining once closing begins', async () => {
    let asked = 0
    const { chat, client } = await openTestServer({
      principal: () => {
        asked++
        return { id: 'me' }
      },
      agent: async function* ({ signal }) {
        yield { type: 'text-delta', text: 'Hello' }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      drain: 200,
      hosts: ['chat.example'],
    })
    const port = await listen(
      createServer((request, response) => chat.nodeHandler(request, response)),
    )
    const ask = async (method: string) => {
      const init = { method, headers: { origin: 'https://evil.example' } }
      const over = [
        await chat.fetch(new Request('http://10.0.0.7/rpc/health', init)),
        await fetch(`http://127.0.0.1:${port}/rpc/health?from=balancer`, init),
      ]
      return Promise.all(
        over.map(async (answer) => [
          answer.status,
          answer.headers.get('cache-control'),
          await answer.text(),
        ]),
      )
    }
    const ok = [200, 'no-store', '{"status":"ok"}']
    expect(await ask('GET')).toEqual([ok, ok])
    expect((await ask('HEAD')).map(([status]) => status)).toEqual([200, 200])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask(method)).map(([status]) => status)).toEqual([405, 405])
    }
    expect(asked).toBe(0)
    const { id: sessionId } = await client().sessions.create()
    await client().messages.send({ sessionId, text: 'Hi' })
    const closed = chat.close()
    const draining = [503, 'no-store', '{"status":"draining"}']
    expect(await ask('GET')).toEqual([draining, draining])
    await closed
    expect(await ask('GET')).toEqual([draining, draining])
  })
})

test('an attached WebSocket closes properly, and the host’s server continues', async () => {
  const { chat } = await openTestServer()
  const server = createServer((_, response) => response.end('host'))
  const webSocket = attachWebSocket(chat, server)
  const url = `http://127.0.0.1:${await listen(server)}`
  const socket = await openSocket({ url })
  const code = once(socket, 'close')
  await chat.close()
  await webSocket.close()
  expect((await code)[0]).toBe(1001)
  await expect(openSocket({ url })).rejects.toThrow('Unexpected server response: 200')
  expect(await (await fetch(url)).text()).toBe('host')
})
