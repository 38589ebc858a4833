import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'

import { describe, expect, onTestFinished, test, vi } from 'vitest'

import {
  fetchClient,
  openTestServer,
  readRun,
  readUntil,
  serveTest,
} from '../../tests/support/open-test-server.ts'
import { ScriptedAgent } from '../../tests/support/scripted-agent.ts'

async function open(options = {}, chatOptions = {}) {
  const server = await openTestServer(chatOptions)
  const serving = await serveTest(server.chat, options)
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${serving.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-principal': 'me', ...headers },
      body,
    })
  const over = () => fetchClient((request) => fetch(request), 'me', `${serving.url}/rpc`)
  return { ...server, serving, post, over }
}

const empty = JSON.stringify({})

describe('the HTTP server', () => {
  test('answers malformed bodies with bad input, and continues', async () => {
    const { post, errors } = await open()
    for (const body of ['{"json": ', 'null', '[]', '{"json":{},"meta":[[99,"x"]]}', '\u0000']) {
      const response = await post('/rpc/sessions/get', body)
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { json: { code: 'BAD_INPUT', defined: true } },
      ])
    }
    expect((await post('/rpc/sessions/list', empty)).status).toBe(200)
    expect(errors).toEqual([])
  })

  test('a client that keeps writing can read why its body is refused', async () => {
    const { serving, post } = await open({}, { limits: { bodyBytes: 1_000 } })
    const large = await post('/rpc/sessions/create', JSON.stringify('x'.repeat(10_000_000)))
    expect([large.status, await large.json()]).toMatchObject([
      413,
      { json: { code: 'TOO_LARGE', defined: true, data: { field: 'body' } } },
    ])
    for (const framing of ['content-length: 10000000', 'transfer-encoding: chunked']) {
      const socket = connect(serving.port, '127.0.0.1')
      const errors: unknown[] = []
      socket.on('error', (error) => errors.push(error))
      let answer = ''
      socket.on('data', (data: Buffer) => (answer += data.toString()))
      const head = `POST /rpc/sessions/create HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
      const write = (data: string) => new Promise((resolve) => socket.write(data, resolve))
      await write(head)
      const [before, behind] = framing.endsWith('chunked') ? ['2710\r\n', '\r\n'] : ['', '']
      for (let i = 0; i < 1_000; i++) await write(`${before}${' '.repeat(10_000)}${behind}`)
      if (framing.endsWith('chunked')) await write('0\r\n\r\n')
      // The connection still works.
      await write(head.replace(framing, 'content-length: 2') + '{}')
      await expect
        .poll(() => answer.split('HTTP/1.1 ').map((one) => one.slice(0, 3)))
        .toEqual(['', '413', '401'])
      expect(answer).toContain('"code":"TOO_LARGE"')
      expect(errors).toEqual([])
      socket.destroy()
    }
  })

  test("serves only the contract's procedures, and no other path", async () => {
    const { post, serving } = await open()
    for (const path of ['/rpc/nothing', '/rpc/sessions', '/rpc/__proto__/x', '/rpc/constructor']) {
      const response = await post(path, empty)
      expect([path, response.status, await response.json()]).toMatchObject([
        path,
        404,
        { json: { code: 'NOT_FOUND' } },
      ])
    }
    expect((await fetch(serving.url)).status).toBe(404)
    expect((await fetch(`${serving.url}/rpcx/sessions/list`)).status).toBe(404)
  })

  test('forbids caching and buffering on the way', async () => {
    const { post, over } = await open()
    const answer = await post('/rpc/sessions/list', empty)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { id } = await over().sessions.create()
    const stream = await post(
      '/rpc/onChat',
      JSON.stringify({ json: { sessionId: id, mode: { type: 'full' } } }),
    )
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    await stream.body?.cancel()
    expect((await post('/rpc/sessions/get', '{')).headers.get('cache-control')).toBe('no-store')
  })

  test('refuses pages of other origins, and lets named ones read', async () => {
    const friend = 'https://friend.example'
    const { post, serving } = await open({}, { origins: [friend] })
    const ask = (origin: string) => post('/rpc/sessions/list', empty, { origin })
    const refused = await ask('https://evil.example')
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { json: { data: { reason: 'origin-not-allowed' } } },
    ])
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    expect((await ask('null')).status).toBe(401)
    expect((await ask(serving.url)).status).toBe(200)
    const allowed = await ask(friend)
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(friend)
    const preflight = await fetch(`${serving.url}/rpc/sessions/list`, {
      method: 'OPTIONS',
      headers: { origin: friend, 'access-control-request-headers': 'content-type' },
    })
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
  })

  test('leaves other paths to the host', async () => {
    const { serving, post } = await open({
      fallback: (_: IncomingMessage, response: { end(text: string): void }) =>
        response.end('the page'),
    })
    expect(await (await fetch(`${serving.url}/index.html`)).text()).toBe('the page')
    expect((await post('/rpc/sessions/list', empty)).status).toBe(200)
  })

  test('closes even if a client does not read', async () => {
    const { serving, over, client } = await open({}, { agent: new ScriptedAgent().agent })
    const { id: sessionId } = await over().sessions.create()
    await client().messages.send({ sessionId, text: 'Hi' })
    const paused = httpRequest(`${serving.url}/rpc/onChat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-principal': 'me' },
    })
    paused.on('error', () => {})
    paused.end(JSON.stringify({ json: { sessionId, mode: { type: 'full' } } }))
    await new Promise((resolve) => paused.once('response', resolve))
    await serving.close()
  })

  test('does not wait for connections that were opened in advance and never used', async () => {
    const { serving, post } = await open()
    const spare = connect(serving.port, '127.0.0.1')
    await once(spare, 'connect')
    // The server has taken the connection before this one, too.
    expect((await post('/rpc/sessions/list', empty)).status).toBe(200)
    const closed = once(spare, 'close')
    // The time that slow readers have never passes.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    await Promise.all([serving.close(), closed])
  })
})

describe('the fetch handler', () => {
  test('accepts requests that a framework passes as a Proxy', async () => {
    const { chat, client: plain } = await openTestServer({
      limits: { bodyBytes: 1_000 },
      stats: () => true,
    })
    const proxied = (request: Request) =>
      new Proxy(request, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    const client = fetchClient((request) => chat.fetch(proxied(request)), 'me')
    const { id: sessionId } = await client.sessions.create({ title: 'Proxied' })
    const gone = new AbortController()
    const stream = await client.onChat(
      { sessionId, mode: { type: 'full' } },
      { signal: gone.signal },
    )
    await readUntil(stream, 'caught-up')
    await client.messages.send({ sessionId, text: 'Hi' })
    await readRun(stream)
    await expect(client.sessions.create({ title: 'x'.repeat(1_001) })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    gone.abort()
    await expect.poll(async () => (await plain().server.stats()).chatStreams).toBe(0)
  })

  test('answers only under its path, with the same checks', async () => {
    const { chat } = await openTestServer({ limits: { bodyBytes: 1_000 } })
    const ask = (path: string, body: string, headers: Record<string, string> = {}) =>
      chat.fetch(
        new Request(`http://chat.test${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-principal': 'me', ...headers },
          body,
        }),
      )
    expect((await ask('/rpc/sessions/list', empty)).status).toBe(200)
    expect((await ask('/other', empty)).status).toBe(404)
    expect((await ask('/rpc/sessions/list', '{')).status).toBe(400)
    expect((await ask('/rpc/sessions/create', 'x'.repeat(1_001))).status).toBe(413)
    const foreign = { origin: 'https://evil.example' }
    expect((await ask('/rpc/sessions/list', empty, foreign)).status).toBe(401)
    expect((await ask('/rpc/sessions/list', empty, { origin: 'http://chat.test' })).status).toBe(
      200,
    )
    expect((await ask('/rpc/sessions/list', empty)).headers.get('cache-control')).toBe('no-store')
  })
})
