import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'

import { BodyLimitPlugin, RPCHandler } from '@orpc/server/fetch'
import { RPCHandler as NodeRPCHandler } from '@orpc/server/node'
import { describe, expect, test } from 'vitest'

import { listen, openTestServer } from '../../tests/support/open-test-server.ts'
import type { ChatServer } from '../create-chat-server.ts'
import type { ChatServerOptions } from '../host/server-options.ts'

interface Asked {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string
}

interface Answer {
  status: number
  headers: Record<string, unknown>
  json: unknown
}

/** Sends a request to a real HTTP server, with any header and method. */
async function askNode(port: number, asked: Asked): Promise<Answer> {
  const { method = 'POST', path = '/rpc/sessions/create', headers = {}, body = '{}' } = asked
  const hasBody = !['GET', 'HEAD', 'TRACE'].includes(method)
  const length = hasBody && { 'content-length': Buffer.byteLength(body) }
  const request = httpRequest({ port, method, path, headers: { ...headers, ...length } })
  request.end(hasBody ? body : undefined)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const answered = await text(response)
  const { statusCode: status = 0 } = response
  return { status, headers: response.headers, json: answered && JSON.parse(answered) }
}

async function askFetch(
  fetch: (request: Request) => Promise<Response>,
  { method = 'POST', path = '/rpc/sessions/create', headers = {}, body = '{}' }: Asked,
): Promise<Answer> {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const { host = 'localhost', ...rest } = headers
  const request = new Request(`http://${host}${path}`, {
    method,
    headers: rest,
    ...(hasBody && { body: new TextEncoder().encode(body) }),
  })
  const response = await fetch(request)
  const answered = await response.text()
  const all = Object.fromEntries(response.headers)
  return { status: response.status, headers: all, json: answered && JSON.parse(answered) }
}

const mounts = {
  'chat.fetch': async (chat: ChatServer) => (asked: Asked) => askFetch(chat.fetch, asked),
  'chat.nodeHandler': async (chat: ChatServer) => {
    const port = await listen(
      createServer((request, response) => chat.nodeHandler(request, response)),
    )
    return (asked: Asked) => askNode(port, asked)
  },
  'a handler of one’s own with the guard, on fetch': async (chat: ChatServer) => {
    const maxBodySize = chat.settings.limits.bodyBytes
    const plugins = [chat.guard, new BodyLimitPlugin({ maxBodySize })]
    const handler = new RPCHandler(chat.router, { plugins })
    return (asked: Asked) =>
      askFetch(async (request) => {
        const { response } = await handler.handle(request, { prefix: '/rpc', context: { request } })
        return response ?? new Response(null, { status: 404 })
      }, asked)
  },
  'a handler of one’s own with the guard, on Node': async (chat: ChatServer) => {
    const handler = new NodeRPCHandler(chat.router, { plugins: [chat.guard] })
    const port = await listen(
      createServer((request, response) => {
        const { localAddress = '' } = request.socket
        const headers = new Headers({ 'x-principal': String(request.headers['x-principal']) })
        const context = { request: { headers, localAddress } }
        void handler.handle(request, response, { prefix: '/rpc', context })
      }),
    )
    return (asked: Asked) => askNode(port, asked)
  },
}

describe.each(Object.entries(mounts))('through %s', (name, mount) => {
  const json = { 'content-type': 'application/json', 'x-principal': 'me' }

  async function open(options: Partial<ChatServerOptions> = {}) {
    const server = await openTestServer({ limits: { bodyBytes: 1_000 }, ...options })
    const ask = await mount(server.chat)
    return {
      ...server,
      ask: (asked: Asked) => ask({ ...asked, headers: { ...json, ...asked.headers } }),
      bare: ask,
      sessions: async () => (await server.store.sessions.list('me')).sessions.length,
    }
  }

  test('only POST runs a procedure', async () => {
    const { ask, sessions } = await open()
    const methods = ['HEAD', 'GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']
    // `fetch` refuses to send TRACE.
    if (name.includes('ode')) methods.push('TRACE')
    for (const method of methods) {
      for (const path of [
        '/rpc/sessions/create',
        '/rpc/activity/subscribe?data=%7B%7D',
        '/rpc/x',
      ]) {
        const { status, headers } = await ask({ method, path })
        expect([method, path, status, headers['allow']]).toEqual([
          method,
          path,
          405,
          'POST, OPTIONS',
        ])
      }
    }
    expect((await ask({ method: 'OPTIONS' })).status).toBe(204)
    expect(await sessions()).toBe(0)
    expect((await ask({})).status).toBe(200)
    expect(await sessions()).toBe(1)
  })

  test('a page of another origin runs nothing, whichever header reveals it', async () => {
    const friend = 'https://friend.example'
    const { ask, sessions } = await open({ origins: [friend] })
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: 'http://localhost' },
    ]) {
      const refused = await ask({ headers: { host: 'localhost', ...headers } })
      expect([headers, refused]).toMatchObject([
        headers,
        { status: 401, json: { json: { data: { reason: 'origin-not-allowed' } } } },
      ])
      expect(JSON.stringify(refused.json)).toContain('`origins`')
    }
    expect(await sessions()).toBe(0)
    for (const headers of [
      { origin: friend },
      { origin: friend, 'sec-fetch-site': 'cross-site' },
      { origin: 'http://localhost', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      {},
    ]) {
      expect((await ask({ headers: { host: 'localhost', ...headers } })).status).toBe(200)
    }
  })

  test('only the named hosts and loopback names are served', async () => {
    const { ask, sessions } = await open({ hosts: ['Chat.example', 'other.example:8443'] })
    for (const host of ['evil.example', 'chat.example.evil', 'other.example', '192.0.2.1:81']) {
      const refused = await ask({ headers: { host, origin: `http://${host}` } })
      expect([host, refused]).toMatchObject([
        host,
        { status: 401, json: { json: { data: { reason: 'host-not-allowed', value: host } } } },
      ])
      expect(JSON.stringify(refused.json)).toContain('`hosts`')
    }
    expect(await sessions()).toBe(0)
    for (const host of ['chat.example', 'CHAT.example:8080', 'other.example:8443', 'localhost']) {
      expect((await ask({ headers: { host } })).status).toBe(200)
    }
  })

  test('a client of another version is refused before the caller is identified', async () => {
    let asked = 0
    const principal = () => {
      asked++
      return { id: 'me' }
    }
    const { ask } = await open({ principal })
    for (const version of ['2', '01', '', 'x'.repeat(500)]) {
      const refused = await ask({ headers: { 'caughtup-protocol': version }, body: '{' })
      const value = version.length > 100 ? `${'x'.repeat(99)}…` : version
      expect([version, refused]).toMatchObject([
        version,
        {
          status: 400,
          json: { json: { code: 'PROTOCOL_MISMATCH', defined: true, data: { value, limit: 1 } } },
        },
      ])
      expect(JSON.stringify(refused.json)).toContain(
        `version ${value} of the protocol and the server version 1: reload the page`,
      )
    }
    expect(asked).toBe(0)
    expect((await ask({ headers: { 'caughtup-protocol': '1' } })).status).toBe(200)
    expect((await ask({})).status).toBe(200)
  })

  test('a page of an allowed origin may send its version, and reads the refusal of another', async () => {
    const origin = 'https://friend.example'
    const { ask } = await open({ origins: [origin] })
    const preflight = await ask({
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'caughtup-protocol,content-type',
      },
    })
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'caughtup-protocol,content-type',
      },
    })
    expect(await ask({ headers: { origin, 'caughtup-protocol': '2' } })).toMatchObject({
      status: 400,
      headers: { 'access-control-allow-origin': origin },
      json: { json: { code: 'PROTOCOL_MISMATCH' } },
    })
  })

  test('only JSON bodies are accepted', async () => {
    const { bare, ask, sessions } = await open()
    for (const type of [
      'text/plain',
      'text/plain;charset=UTF-8, application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/event-stream',
      'application/octet-stream',
      'application/jsonp',
    ]) {
      expect([type, await ask({ headers: { 'content-type': type } })]).toMatchObject([
        type,
        { status: 400, json: { json: { code: 'BAD_INPUT', data: { field: 'body' } } } },
      ])
    }
    expect((await bare({ headers: { 'x-principal': 'me' } })).status).toBe(400)
    const file = { 'content-disposition': 'attachment; filename="x"' }
    expect((await ask({ headers: file })).status).toBe(400)
    expect(await sessions()).toBe(0)
    const charset = { 'content-type': 'application/json; charset=utf-8' }
    expect((await ask({ headers: charset })).status).toBe(200)
  })

  test('a body that is not JSON is refused before the caller is identified', async () => {
    let asked = 0
    const principal = () => {
      asked++
      return new Promise<undefined>(() => {})
    }
    const { ask } = await open({ principal })
    expect((await ask({ headers: { 'content-type': 'text/event-stream' } })).status).toBe(400)
    expect(asked).toBe(0)
  })

  test('a body above the limit is refused, and so is an unreadable one', async () => {
    const { ask, sessions, errors } = await open()
    const large = {
      path: '/rpc/sessions/create',
      body: JSON.stringify({ json: 'x'.repeat(2_000) }),
    }
    const length = { 'content-length': String(large.body.length) }
    expect(await ask({ ...large, headers: length })).toMatchObject({
      status: 413,
      json: { json: { code: 'TOO_LARGE', defined: true, data: { field: 'body', limit: 1_000 } } },
    })
    expect(await ask({ body: '{' })).toMatchObject({
      status: 400,
      json: { json: { code: 'BAD_INPUT', defined: true } },
    })
    expect(await sessions()).toBe(0)
    expect(errors).toEqual([])
  })
})
