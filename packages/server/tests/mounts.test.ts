import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import type { Mount, MountCall, MountRoute } from '../src/host/mount.ts'
import { openTestServer, serveTest, type TestServerOptions } from './support/open-test-server.ts'
import { transports } from './support/requests/transports.ts'

const json = { 'content-type': 'application/json', 'x-principal': 'me' }

/** A mount at `/api/notes` that records its calls. */
function notes(answer: MountRoute['answer'] = async () => ({ json: 'read' })) {
  const calls: MountCall[] = []
  const record = (call: MountCall) => {
    calls.push(call)
    return answer(call)
  }
  const mount: Mount = {
    path: '/api/notes',
    exposedHeaders: ['x-next'],
    routes: () => [
      { method: 'GET', path: '/:id', answer: record },
      { method: 'HEAD', path: '/:id', answer: async () => ({ headers: { 'x-next': '1' } }) },
      { method: 'POST', path: '', answer: record },
      { method: 'DELETE', path: '/:id', answer: async () => ({ status: 204 }) },
    ],
  }
  return { mount, calls }
}

describe.each(Object.entries(transports))('mounts through %s', (_, transport) => {
  async function open(options: TestServerOptions = {}) {
    const server = await openTestServer(options)
    return { ...server, ask: await transport(server.chat) }
  }

  test('each path has its methods, and no other one reaches it', async () => {
    const { mount, calls } = notes()
    const { ask } = await open({ mounts: [mount] })
    const table = [
      ['/api/notes', 'POST, OPTIONS'],
      ['/api/notes/a', 'GET, HEAD, DELETE, OPTIONS'],
    ] as const
    for (const [path, allowed] of table) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const withBody = method === 'POST' && { body: '{}' }
        const answered = await ask({ path, method, headers: json, ...withBody })
        const { status, headers } = answered
        const isRefused = status === 405 && headers.get('allow') === allowed
        expect([path, method, isRefused]).toEqual([path, method, !allowed.includes(method)])
        expect([path, method, status < 300]).toEqual([path, method, allowed.includes(method)])
      }
    }
    expect(calls.map(({ params, url }) => [url.pathname, params])).toEqual([
      ['/api/notes', {}],
      ['/api/notes/a', { id: 'a' }],
    ])
    for (const path of ['/api/notes/a/b', '/api/notes/', '/api/other', '/api']) {
      expect((await ask({ path, headers: json })).status).toBe(404)
    }
    expect(calls).toHaveLength(2)
  })

  test('a page of another origin, another host and another client version reach no route', async () => {
    const { mount, calls } = notes()
    const { ask } = await open({ mounts: [mount], hosts: ['chat.example'] })
    for (const [headers, code] of [
      [{ origin: 'https://evil.example' }, 'UNAUTHORIZED'],
      [{ 'sec-fetch-site': 'cross-site' }, 'UNAUTHORIZED'],
      [{ host: 'evil.example' }, 'UNAUTHORIZED'],
      [{ 'caughtup-protocol': '99' }, 'PROTOCOL_MISMATCH'],
    ] as const) {
      for (const [method, path] of [
        ['GET', '/api/notes/a'],
        ['POST', '/api/notes'],
        ['DELETE', '/api/notes/a'],
      ] as const) {
        const body = method === 'POST' && { body: '{}' }
        const refused = await ask({ method, path, headers: { ...json, ...headers }, ...body })
        expect([headers, method, await refused.json()]).toMatchObject([headers, method, { code }])
      }
    }
    expect(calls).toEqual([])
  })

  test('a body that is not JSON, or too large, is refused', async () => {
    const { mount, calls } = notes(async (call) => ({ json: await call.body() }))
    const small = { ...mount, bodyBytes: 100 }
    const { ask, errors } = await open({ mounts: [small] })
    const post = (headers: Record<string, string>, body: string) =>
      ask({ method: 'POST', path: '/api/notes', headers: { ...json, ...headers }, body })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const refused = await post({ 'content-type': type }, 'a=1')
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { code: 'BAD_INPUT', data: { field: 'body', value: type } },
      ])
    }
    expect(calls).toEqual([])
    expect(await (await post({}, '{')).json()).toMatchObject({ code: 'BAD_INPUT' })
    const large = await post({}, JSON.stringify('x'.repeat(200)))
    expect([large.status, await large.json()]).toMatchObject([
      413,
      { code: 'TOO_LARGE', data: { field: 'body', limit: 100 } },
    ])
    expect(await (await post({}, '{"a":1}')).json()).toEqual({ a: 1 })
    expect(errors).toEqual([])
  })

  test('pages of allowed origins may ask, and read what the mount exposes', async () => {
    const origin = 'https://friend.example'
    const { mount } = notes()
    const { ask } = await open({ mounts: [mount], origins: [origin] })
    const asked = {
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'x-principal',
    }
    const preflight = async (from: string) => {
      const headers = { ...asked, origin: from }
      const answered = await ask({ method: 'OPTIONS', path: '/api/notes/a', headers })
      return Object.fromEntries(answered.headers)
    }
    expect(await preflight(origin)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, DELETE, OPTIONS',
      'access-control-allow-headers': 'x-principal',
    })
    expect(await preflight('https://evil.example')).not.toHaveProperty(
      'access-control-allow-origin',
    )
    const answered = await ask({ path: '/api/notes/a', headers: { ...json, origin } })
    expect(Object.fromEntries(answered.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-next',
      'cache-control': 'no-store',
    })
  })

  test('procedures are called as the caller, and what is not the caller’s is not found', async () => {
    const { mount } = notes(async ({ client, session, params: { id = '' } }) => {
      const { sessions } = await client.sessions.list()
      return { json: { sessions: sessions.length, title: (await session(id)).title } }
    })
    const { ask, client } = await open({ mounts: [mount] })
    const { id } = await client('me').sessions.create({ title: 'Mine' })
    const as = async (headers: Record<string, string>) =>
      (await ask({ path: `/api/notes/${id}`, headers })).json()
    expect(await as({ 'x-principal': 'me' })).toEqual({ sessions: 1, title: 'Mine' })
    expect(await as({ 'x-principal': 'you' })).toMatchObject({ code: 'NOT_FOUND', status: 404 })
    expect(await as({})).toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
  })

  test('an error of a route is answered in the mount’s own way, and reported if it is unexpected', async () => {
    const { mount } = notes(async () => {
      throw new Error('secret')
    })
    const own: Mount = {
      ...mount,
      failure: ({ code, status }) => ({
        status,
        text: `Refused: ${code}`,
        headers: { 'content-type': 'text/plain' },
      }),
    }
    const { ask, errors } = await open({ mounts: [own] })
    const failed = await ask({ path: '/api/notes/a', headers: json })
    expect([failed.status, await failed.text(), failed.headers.get('content-type')]).toEqual([
      500,
      'Refused: INTERNAL_SERVER_ERROR',
      'text/plain',
    ])
    expect(errors).toMatchObject([{ error: { message: 'secret' }, where: '/api/notes/a' }])
    const refused = await ask({ method: 'PUT', path: '/api/notes/a', headers: json })
    expect([refused.status, await refused.text()]).toEqual([405, 'Refused: METHOD_NOT_SUPPORTED'])
  })

  test('events are sent as they come; if they throw, the answer is cut', async () => {
    const gate = Promise.withResolvers<void>()
    const { mount } = notes(async ({ params }) => ({
      events: (async function* () {
        yield 'data: 1\n\n'
        yield 'data: 2\n\n'
        if (params['id'] === 'cut') {
          await gate.promise
          throw new Error('no more')
        }
      })(),
    }))
    const { ask, errors } = await open({ mounts: [mount] })
    const whole = await ask({ path: '/api/notes/whole', headers: json })
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(await whole.text()).toBe(': \n\ndata: 1\n\ndata: 2\n\n')
    gate.resolve()
    const cut = ask({ path: '/api/notes/cut', headers: json }).then((answer) => answer.text())
    await expect(cut).rejects.toThrow(/no more|aborted|hang up/)
    expect(errors).toMatchObject([{ error: { message: 'no more' }, where: 'a stream of events' }])
  })
})

describe('a stream of a mount', () => {
  test('sends comments while there is nothing else', async () => {
    const clock = new ManualClock()
    const gate = Promise.withResolvers<void>()
    const { mount } = notes(async () => ({
      events: (async function* () {
        yield 'data: 1\n\n'
        await gate.promise
        yield 'data: 2\n\n'
      })(),
    }))
    const { chat } = await openTestServer({ mounts: [mount], clock, heartbeat: 1_000 })
    const { body } = await chat.fetch(
      new Request('http://localhost/api/notes/a', { headers: json }),
    )
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    const read = async () => (await reader?.read())?.value
    expect([await read(), await read()]).toEqual([': \n\n', 'data: 1\n\n'])
    for (let beat = 0; beat < 2; beat++) {
      await clock.advance(1_000)
      expect(await read()).toBe(': \n\n')
    }
    gate.resolve()
    expect([await read(), await read()]).toEqual(['data: 2\n\n', undefined])
  })

  test('ends for its source when the client leaves', async () => {
    const left = Promise.withResolvers<void>()
    const { mount } = notes(async ({ signal }) => ({
      events: {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise((resolve) =>
              signal.addEventListener('abort', () => resolve({ done: true, value: undefined })),
            ),
          return: async () => {
            left.resolve()
            return { done: true, value: undefined }
          },
        }),
      },
    }))
    const { chat, errors } = await openTestServer({ mounts: [mount] })
    const { url } = await serveTest(chat)
    const leaving = new AbortController()
    const answer = await fetch(`${url}/api/notes/a`, { headers: json, signal: leaving.signal })
    await answer.body?.getReader().read()
    leaving.abort()
    await left.promise
    expect(errors).toEqual([])
  })
})

describe('the paths of mounts', () => {
  const at = (path: string, name = path): Mount => ({
    path,
    routes: () => [{ method: 'GET', path: '/x', answer: async () => ({ json: name }) }],
  })

  test('the longer path wins, whatever the order and the slashes', async () => {
    const { chat } = await openTestServer({ mounts: [at('/api'), at('api/chat/', 'chat')] })
    const read = async (path: string) =>
      (await chat.fetch(new Request(`http://localhost${path}`))).json()
    expect([await read('/api/x'), await read('/api/chat/x')]).toEqual(['/api', 'chat'])
  })

  test.each([
    ['/rpc', [at('/rpc')]],
    ['/rpc', [at('/rpc/notes')]],
    ['/', [at('/')]],
    ['/rpc', [at('/a'), at('a/')]],
  ])(
    'with procedures under %s, a path that is taken is refused (case %#)',
    async (path, mounts) => {
      await expect(openTestServer({ path, mounts })).rejects.toThrow(TypeError)
    },
  )

  test('beside procedures at the root', async () => {
    const { chat } = await openTestServer({ path: '/', mounts: [at('/api')] })
    const answered = await chat.fetch(new Request('http://localhost/api/x'))
    expect(await answered.json()).toBe('/api')
  })
})

test('a server that closes takes no more calls but those that stop something', async () => {
  const { mount, calls } = notes()
  const { chat } = await openTestServer({ mounts: [mount] })
  const ask = await transports['chat.fetch'](chat)
  await chat.close()
  const refused = await ask({ path: '/api/notes/a', headers: json })
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { code: 'UNAVAILABLE', data: { reason: 'shutting-down' } },
  ])
  expect(calls).toEqual([])
  expect((await ask({ method: 'DELETE', path: '/api/notes/a', headers: json })).status).toBe(204)
})
