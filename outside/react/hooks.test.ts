import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { createChatClient, sse } from '@caughtup/web-client'
import { useActivity, useSession } from '@caughtup/web-client/react'
import { createElement, StrictMode, version } from 'react'
import { createRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, onTestFinished, test } from 'vitest'

const place = { seq: 1, from: 1, epoch: 0, at: 1 }
const message = {
  id: 'm',
  order: 1,
  role: 'user',
  parts: [{ type: 'text', text: 'Hi' }],
  metadata: { createdAt: 1 },
  revision: 1,
  epoch: 0,
  status: 'done',
}
const replayed = [
  { type: 'replay', protocol: 1, mode: 'full', epoch: 0 },
  {
    type: 'caught-up',
    mode: 'full',
    cursor: 'j.0.',
    epoch: 0,
    hasOlder: false,
    queue: [],
    canUndo: false,
    canRedo: false,
  },
]

/** A client of a server that answers every stream with frames in the form of the protocol. */
function setUp() {
  const encoder = new TextEncoder()
  const open = new Set<(frame: object) => void>()
  const requests: string[] = []
  const client = createChatClient({
    link: sse({
      url: 'http://chat.test/rpc',
      async fetch(input, init) {
        const request = new Request(input, init)
        requests.push(new URL(request.url).pathname)
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            const send = (frame: object) => {
              const data = JSON.stringify({ json: frame })
              controller.enqueue(encoder.encode(`event: message\ndata: ${data}\n\n`))
            }
            for (const frame of replayed) send(frame)
            open.add(send)
            request.signal.addEventListener('abort', () => open.delete(send))
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      },
    }),
  })
  onTestFinished(() => client.close())
  const session = client.session('s')
  function Chat() {
    const { connection, messages } = useSession(session)
    return createElement('p', null, `${connection.status} ${messages.map(({ id }) => id).join()}`)
  }
  return { client, Chat, open, requests, session }
}

test('this is React 18', () => expect(version).toMatch(/^18\./))

test('a component follows a session while it is mounted, over one stream in strict mode too', async () => {
  const { Chat, open, requests } = setUp()
  const container = document.createElement('div')
  const root = createRoot(container)
  root.render(createElement(StrictMode, null, createElement(Chat)))
  const shows = (text: string) => expect.poll(() => container.textContent).toBe(text)
  await shows('live ')
  for (const send of open) {
    send({ type: 'events', events: [{ ...place, type: 'message-created', message }] })
  }
  await shows('live m')
  expect(requests).toEqual(['/rpc/onChat'])
  root.unmount()
  await expect.poll(() => open.size).toBe(0)
})

test('rendered on a server, the hooks return the present snapshots and open no stream', () => {
  const { Chat, client, requests } = setUp()
  const Rows = () => String(useActivity(client).rows.length)
  expect(renderToString(createElement(Chat))).toBe('<p>idle </p>')
  expect(renderToString(createElement(() => createElement('b', null, Rows())))).toBe('<b>0</b>')
  expect(requests).toEqual([])
})

test("the hooks compile with React 18's types, with all declarations checked", () => {
  const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', import.meta.dirname], { encoding: 'utf8' })
  expect(stdout).toBe('')
}, 60_000)
