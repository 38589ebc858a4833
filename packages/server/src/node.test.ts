import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, onTestFinished, test } from 'vitest'

import { openTestServer, serveTest, fetchClient } from './testing/open-test-server.ts'
import { ScriptedAgent } from './testing/scripted-agent.ts'

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
  test('answers malformed bodies with bad input and goes on', async () => {
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

  test('refuses bodies that are too large, whatever their length says', async () => {
    const { post, serving } = await open({}, { limits: { bodyBytes: 1_000 } })
    const response = await post('/rpc/sessions/create', JSON.stringify({ json: 'x'.repeat(2_000) }))
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { json: { code: 'TOO_LARGE', defined: true, data: { field: 'body' } } },
    ])
    const chunked = await fetch(`${serving.url}/rpc/sessions/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-principal': 'me' },
      body: new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(400))),
      }),
      duplex: 'half',
    }).catch((error: unknown) => error)
    expect(chunked instanceof Response ? chunked.status : 413).toBe(413)
    expect((await post('/rpc/sessions/list', empty)).status).toBe(200)
  })

  test('has no procedure but those of the contract, and no other path', async () => {
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

  test('lets nothing be kept or gathered on the way', async () => {
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
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    })
    await stream.body?.cancel()
    expect((await post('/rpc/sessions/get', '{')).headers.get('cache-control')).toBe('no-store')
  })

  test('refuses pages of other origins, and lets those that are named read', async () => {
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

  test('joins a server of the host and leaves it running', async () => {
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/chat/')) response.end('host')
    })
    onTestFinished(() => void server.close())
    const { chat } = await openTestServer()
    const serving = await serveTest(chat, { server, path: '/chat' })
    const { port } = server.address() as AddressInfo
    expect(serving.port).toBe(port)
    const response = await fetch(`${serving.url}/chat/sessions/list`, {
      method: 'POST',
      headers: { 'x-principal': 'me' },
    })
    expect(response.status).toBe(200)
    await serving.close()
    expect(await (await fetch(serving.url)).text()).toBe('host')
  })

  test('closes although a client does not read', async () => {
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
})

describe('the fetch handler', () => {
  test('answers under its path only, with the same care', async () => {
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
