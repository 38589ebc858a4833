import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { Chat } from '@ai-sdk/react'
import { type Agent, createChatServer } from '@caughtup/server'
import { diskAttachments } from '@caughtup/server/disk-attachments'
import { agUi } from '@caughtup/server/ag-ui'
import { chatRoutes } from '@caughtup/server/ai-sdk'
import { durableStreams } from '@caughtup/server/durable-streams'
import { serve } from '@caughtup/server/node'
import { openApi } from '@caughtup/server/openapi'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import {
  auto,
  type ChatClient,
  createChatClient,
  messageText,
  sse,
  uploader,
  webSocket,
} from '@caughtup/web-client'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { expect, onTestFinished, test } from 'vitest'

import { startNginx } from './nginx-process.ts'

const compressing = 'gzip on; gzip_proxied any; gzip_min_length 0; gzip_types text/event-stream;'
/** nginx that compresses, and does not hear that it should not keep anything back. */
const buffering = `${compressing} proxy_ignore_headers X-Accel-Buffering;`

/** A server with every mount behind nginx. Its agent says `One `, and when the test calls `goOn`, `two`. */
async function openServer(more: string) {
  const store = await createStore({ storage: memory() })
  const { promise, resolve: goOn } = Promise.withResolvers<void>()
  const agent: Agent = async function* () {
    yield { type: 'text-delta', text: 'One ' }
    await promise
    yield { type: 'text-delta', text: 'two' }
  }
  const mounts = [
    openApi({ path: '/v1' }),
    chatRoutes(),
    agUi({ path: '/ag-ui' }),
    durableStreams({ path: '/streams' }),
  ]
  const principal = () => ({ id: 'me' })
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-files-'))
  const attachments = { storage: diskAttachments({ folder }), mediaTypes: ['text/plain'] }
  const settings = { store, agent, principal, mounts, attachments, drain: 0 }
  const chat = createChatServer(settings)
  const serving = await serve(chat)
  const nginx = await startNginx(serving.port, more)
  onTestFinished(async () => {
    await serving.close()
    await nginx[Symbol.asyncDispose]()
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return { goOn, url: nginx.url, directUrl: serving.url }
}

/** Somebody who follows a session: what they have got of it so far. */
type Follow = (url: string) => Promise<() => string>

const links = { sse, webSocket, auto }
function client(url: string, link: keyof typeof links): ChatClient {
  const opened = createChatClient({ link: links[link]({ url: `${url}/rpc` }) })
  onTestFinished(() => opened.close())
  return opened
}

function over(link: keyof typeof links): Follow {
  return async (url) => {
    const { rpc, session } = client(url, link)
    const { id } = await rpc.sessions.create({})
    const view = session(id)
    onTestFinished(view.subscribe(() => {}))
    await view.send('Hi')
    return () => messageText(view.getSnapshot().messages.at(-1))
  }
}

/** What has come of a stream, as it is. */
async function textOf(url: string, init?: RequestInit): Promise<() => string> {
  const left = new AbortController()
  onTestFinished(() => left.abort())
  const response = await fetch(url, { ...init, signal: left.signal })
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/event-stream'),
  ])
  let text = ''
  const reading = response.body!.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(chunk) {
        text += chunk
      },
    }),
  )
  reading.catch(() => {}) // the test has ended
  return () => text
}

const posted = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

function openChat(url: string): Chat<UIMessage> {
  const transport = new DefaultChatTransport<UIMessage>({ api: `${url}/api/chat` })
  return new Chat({ id: crypto.randomUUID(), transport })
}

const followers: Record<string, Follow> = {
  'a view over server-sent events': over('sse'),
  'a view over a WebSocket': over('webSocket'),
  'a page of `useChat`': async (url) => {
    const chat = openChat(url)
    void chat.sendMessage({ text: 'Hi' })
    return () => shown(chat)
  },
  'a client of AG-UI': (url) =>
    textOf(
      `${url}/ag-ui`,
      posted({
        threadId: crypto.randomUUID(),
        runId: crypto.randomUUID(),
        messages: [{ id: crypto.randomUUID(), role: 'user', content: 'Hi' }],
        state: {},
        tools: [],
        context: [],
        forwardedProps: {},
      }),
    ),
  'a client of the HTTP API': async (url) => {
    const sessionId = await prompted(url)
    return textOf(`${url}/v1/onChat`, posted({ sessionId, mode: { type: 'full' } }))
  },
  'a reader of Durable Streams': async (url) => {
    const sessionId = await prompted(url)
    return textOf(`${url}/streams/${sessionId}?offset=-1&live=sse`)
  },
}

/** A session with a prompt. */
async function prompted(url: string): Promise<string> {
  const { rpc } = client(url, 'sse')
  const { id } = await rpc.sessions.create({})
  await rpc.messages.send({ sessionId: id, parts: [{ type: 'text', text: 'Hi' }] })
  return id
}

function shown({ messages }: Chat<UIMessage>): string {
  const parts = messages.filter(({ role }) => role === 'assistant').flatMap((one) => one.parts)
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

test.each(Object.entries(followers))(
  'behind nginx that compresses %s gets an answer while it is written',
  async (_, follow) => {
    const { goOn, url } = await openServer(compressing)
    const seen = await follow(url)
    await expect.poll(seen).toContain('One ')
    expect(seen()).not.toContain('two')
    goOn()
    await expect.poll(seen).toContain('two')
  },
)

test('behind a proxy that buffers, the client takes a WebSocket, and gets an answer while it is written', async () => {
  const { goOn, url } = await openServer(buffering)
  const seen = await over('auto')(url)
  await expect.poll(seen).toBe('One ')
  goOn()
  await expect.poll(seen).toBe('One two')
})

test('behind a proxy that buffers, a page of `useChat` shows an answer once, when it has ended', async () => {
  const { goOn, url, directUrl } = await openServer(buffering)
  const chat = openChat(url)
  const sent = chat.sendMessage({ text: 'Hi' })
  // Another page, which does not go through the proxy, has the text.
  const { rpc, session } = client(directUrl, 'sse')
  await expect.poll(async () => (await rpc.sessions.list({})).sessions.length).toBe(1)
  const view = session(chat.id)
  onTestFinished(view.subscribe(() => {}))
  await expect.poll(() => messageText(view.getSnapshot().messages.at(-1))).toBe('One ')
  expect(shown(chat)).toBe('')
  goOn()
  await sent
  expect({ status: chat.status, text: shown(chat) }).toEqual({ status: 'ready', text: 'One two' })
})

test('a file of the size that the server takes gets through nginx', async () => {
  const { url } = await openServer('')
  const { rpc } = client(url, 'sse')
  const { id: sessionId } = await rpc.sessions.create({})
  const upload = uploader({ url: `${url}/rpc`, sessionId })
  const text = 'x'.repeat(10 * 2 ** 20)
  const file = await upload(new File([text], 'x.txt', { type: 'text/plain' }))
  expect(file.size).toBe(text.length)
})
