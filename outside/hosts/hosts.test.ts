import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, existsSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'

import {
  type ChatClient,
  createChatClient,
  type SessionView,
  sse,
  uploader,
  webSocket,
} from '@caughtup/web-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { expectUseChat } from './expect-use-chat.ts'
import { HostProcess } from './host-process.ts'

const here = import.meta.dirname
const recipe = (name: string) => path.join(here, 'recipes', name)

/** A copy of the Next application, which a test edits while it is served. */
const edited = path.join(here, 'edited-next')
beforeAll(() => {
  cpSync(path.join(here, 'next'), edited, {
    recursive: true,
    filter: (file) => path.basename(file) !== '.next',
  })
})
afterAll(() => rmSync(edited, { recursive: true, force: true }))

const hosts = [
  {
    name: 'Express with compression',
    command: 'node',
    args: [recipe('express.ts')],
    sockets: true,
  },
  {
    name: 'Fastify with compression',
    command: 'node',
    args: [recipe('fastify.ts')],
    sockets: true,
  },
  { name: 'Hono with compression', command: 'node', args: [recipe('hono.ts')], sockets: true },
  { name: 'Bun', command: 'bun', args: ['run', recipe('bun.ts')], sockets: false },
  {
    name: 'Deno',
    command: 'deno',
    args: ['run', '-A', '--node-modules-dir=manual', recipe('deno.ts')],
    sockets: false,
  },
  {
    name: 'next start',
    command: 'next',
    args: ['start', 'next', '-H', '127.0.0.1', '-p', '0'],
    sockets: false,
  },
  {
    name: 'next dev',
    command: 'next',
    args: ['dev', 'edited-next', '-H', '127.0.0.1', '-p', '0'],
    sockets: false,
  },
]

test('next build opens no database', () => {
  const next = path.join(here, 'node_modules/.bin/next')
  const env = { ...process.env, CHAT_DB: path.join(here, 'never.db') }
  const { status, stdout, stderr } = spawnSync(next, ['build', 'next'], {
    cwd: here,
    env,
    encoding: 'utf8',
  })
  expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
  expect(existsSync(env.CHAT_DB)).toBe(false)
})

test('every recipe compiles', () => {
  const tsc = path.join(here, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(tsc, ['-p', here], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

describe.each(hosts)('$name', ({ name, command, args, sockets }) => {
  let host: HostProcess
  let url: string
  beforeAll(async () => {
    ;[host, url] = await HostProcess.start(command, args)
  })
  afterAll(async () => {
    await host?.stop()
    host?.[Symbol.dispose]()
  })

  test('streams each window at once over SSE, and a stop gets through', async () => {
    const client = createChatClient({ link: sse({ url: `${url}/rpc` }) })
    await expectToStop(client)
  })

  const overWebSocket = async () => {
    const client = createChatClient({ link: webSocket({ url: `${url}/rpc` }) })
    await expectToStop(client)
  }
  if (sockets) test('streams over a WebSocket too', overWebSocket)

  test('catches up after its connection broke', async () => {
    let cut = new AbortController()
    const link = sse({
      url: `${url}/rpc`,
      fetch: async (request, init) => {
        const response = await fetch(request, init)
        const body = response.body?.pipeThrough(new TransformStream(), { signal: cut.signal })
        return new Response(body, response)
      },
    })
    const client = createChatClient({ link, random: () => 0 })
    const { id } = await client.rpc.sessions.create({})
    const view = client.session(id)
    await view.send('Count')
    await until(view, () => countOf(view) >= 2)
    cut.abort()
    cut = new AbortController()
    await until(view, () => view.getSnapshot().stale)
    await until(view, () => !view.getSnapshot().stale && countOf(view) >= 6)
    await view.interrupt()
    await until(view, () => !view.getSnapshot().streaming)
    expect(numbersOf(view)).toEqual(numbersOf(view).map((_, index) => index + 1))
    client.close()
  })

  if (command === 'next') {
    test.skipIf(skipBrowserTests())(
      'a page of `useChat` shows an answer once, also after a reload, and its stop button stops it',
      () => expectUseChat(url),
    )
  }

  const editing = async () => {
    const [client, other] = [0, 1].map(() => createChatClient({ link: sse({ url: `${url}/rpc` }) }))
    const { id } = await client!.rpc.sessions.create({})
    const view = client!.session(id)
    const leaves = [view.subscribe(() => {})]
    await view.send('Count')
    await until(view, () => countOf(view) >= 2)
    appendFileSync(path.join(edited, 'app/chat-server.ts'), "\nconsole.log('Evaluated again')\n")
    await expect
      .poll(async () => {
        await fetch(`${url}/rpc/health`)
        return host.output
      })
      .toContain('Evaluated again')
    // What has no way from one chat server to another: who is watching.
    const again = other!.session(id)
    leaves.push(again.subscribe(() => {}))
    await until(again, () => again.getSnapshot().presence[0]?.streams === 2)
    await again.interrupt()
    await until(view, () => !view.getSnapshot().streaming)
    expect(view.getSnapshot().messages).toHaveLength(2)
    for (const leave of leaves) leave()
    for (const each of [client, other]) each!.close()
  }
  if (name === 'next dev') test('an edit of a module leaves the one chat server', editing)

  test('the host answers requests outside the path of the chat', async () => {
    expect(await (await fetch(url)).text()).toContain('A page beside the chat.')
  })

  test('reports its health to a load balancer', async () => {
    const response = await fetch(`${url}/rpc/health`)
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })

  test('only POST runs a procedure', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${url}/rpc/sessions/create`, { method })
      expect([method, response.status]).toEqual([method, 405])
    }
  })

  test('a body above the limit is refused with 413', async () => {
    // On its own connection: a host that has not read the whole body closes it.
    const asked = request(`${url}/rpc/sessions/create`, {
      agent: false,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    asked.on('error', () => {}) // the host may close it during the write of the body
    asked.end(JSON.stringify({ json: { title: 'x'.repeat(2 ** 21) } }))
    const [response]: IncomingMessage[] = await once(asked, 'response')
    expect(response?.statusCode).toBe(413)
    expect(await json(response!)).toMatchObject({ json: { code: 'TOO_LARGE' } })
  })

  test('stores a file as it comes, and gives it back in whole and in part', async () => {
    const client = createChatClient({ link: sse({ url: `${url}/rpc` }) })
    const { id: sessionId } = await client.rpc.sessions.create({})
    client.close()
    const upload = uploader({ url: `${url}/rpc`, sessionId })
    // A compressing host would like it, and 200 kB are many chunks.
    const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join('')
    const file = await upload(new File([text], 'lines.txt', { type: 'text/plain' }))
    expect(file).toMatchObject({ filename: 'lines.txt', size: text.length })
    const whole = await fetch(new URL(file.url, url))
    expect(await whole.text()).toBe(text)
    expect(whole.headers.get('content-security-policy')).toContain('sandbox')
    const part = await fetch(new URL(file.url, url), { headers: { range: 'bytes=5-9' } })
    expect([part.status, await part.text()]).toEqual([206, text.slice(5, 10)])
    const lie = new File([text], 'lines.png', { type: 'image/png' })
    await expect(upload(lie)).rejects.toMatchObject({ data: { reason: 'media-type' } })
  })

  const stopping = async () => {
    const client = createChatClient({ link: sse({ url: `${url}/rpc` }) })
    const { id } = await client.rpc.sessions.create({})
    const view = client.session(id)
    const leave = view.subscribe(() => {})
    await view.send('Count')
    await until(view, () => countOf(view) >= 2)
    const interrupted = until(view, () => view.getSnapshot().messages.at(-1)?.status === 'done')
    // Next exits with the code of a process that SIGTERM killed.
    expect(await host.stop()).toBe(command === 'next' ? 143 : 0)
    await interrupted
    leave()
    client.close()
  }
  if (name !== 'next dev') test('SIGTERM ends its streams, its runs and then the process', stopping)
})

/** Receives the first numbers while the agent still counts, which proves that nothing buffers the stream. */
async function expectToStop(client: ChatClient): Promise<void> {
  const { id } = await client.rpc.sessions.create({})
  const view = client.session(id)
  await view.send('Count')
  await until(view, () => view.getSnapshot().streaming && countOf(view) >= 3)
  expect(await view.interrupt()).toEqual({ interrupted: true })
  await until(view, () => !view.getSnapshot().streaming)
  expect(view.getSnapshot().messages.at(-1)?.metadata.finishReason).toBe('interrupted')
  client.close()
}

function numbersOf(view: SessionView): number[] {
  const parts = view.getSnapshot().messages.at(-1)?.parts ?? []
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return text.trim().split(' ').filter(Boolean).map(Number)
}

function countOf(view: SessionView): number {
  return numbersOf(view).length
}

function until(view: SessionView, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = view.subscribe(look)
    look()
  })
}
