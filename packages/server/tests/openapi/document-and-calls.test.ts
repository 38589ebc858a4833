import { contract } from '@caughtup/schema'
import { traverseContractProcedures } from '@orpc/server'
import { describe, expect, test } from 'vitest'

import { openApi, type OpenApiOptions } from '../../src/openapi.ts'
import { testAttachments } from '../support/attachments.ts'
import { openTestServer, type TestServerOptions } from '../support/open-test-server.ts'

interface Document {
  paths: Record<string, Record<string, { operationId: string; summary: string; tags: string[] }>>
  [member: string]: unknown
}

async function open(options: TestServerOptions = {}, api: OpenApiOptions = {}) {
  const server = await openTestServer({ mounts: [openApi(api)], ...options })
  const ask = (method: string, path: string, headers = {}, body?: string) =>
    server.chat.fetch(
      new Request(`http://localhost${path}`, { method, headers, body: body ?? null }),
    )
  return { ...server, ask }
}

const procedures: string[] = []
traverseContractProcedures({ router: contract, path: [] }, ({ path }) => {
  procedures.push(path.join('.'))
})

describe('the document', () => {
  test('has every procedure, and nothing else', async () => {
    const { ask } = await open()
    const { paths } = (await (await ask('GET', '/api/openapi.json')).json()) as Document
    expect(Object.keys(paths)).toEqual(procedures.map((name) => `/api/${name.replace('.', '/')}`))
    expect(Object.values(paths).map((item) => Object.keys(item))).toEqual(
      procedures.map(() => ['post']),
    )
    expect(Object.values(paths).map(({ post }) => post?.operationId)).toEqual(procedures)
  })

  test('has the requests of attachments, at their own path, if the server takes any', async () => {
    const { ask } = await open({ attachments: testAttachments(), path: '/chat' })
    const { paths } = (await (await ask('GET', '/api/openapi.json')).json()) as Document
    expect(Object.keys(paths).slice(procedures.length)).toEqual([
      '/chat/attachments/{sessionId}',
      '/chat/attachments/{sessionId}/{id}',
    ])
  })

  test('is made of named schemas: each reference leads to one, each is used, and it is small', async () => {
    const { ask } = await open({ attachments: testAttachments() })
    const text = await (await ask('GET', '/api/openapi.json')).text()
    const document = JSON.parse(text) as Document
    const references = [...text.matchAll(/"#\/([^"]+)"/g)].map(([, place = '']) => place)
    for (const place of references) {
      const found = place.split('/').reduce<unknown>((at, key) => Object(at)[key], document)
      expect([place, typeof found]).toEqual([place, 'object'])
    }
    const { schemas, responses, parameters } = Object(document['components'])
    for (const [kind, components] of Object.entries({ schemas, responses, parameters })) {
      for (const name of Object.keys(Object(components))) {
        expect(references).toContain(`components/${kind}/${name}`)
      }
    }
    expect(text.length).toBeLessThan(130_000)
  })

  test('says what the host says of itself, and is the same each time', async () => {
    const options: OpenApiOptions = {
      info: { title: 'Helpdesk', version: '7.1', description: 'For partners.' },
      servers: [{ url: 'https://chat.example' }],
      security: { cookie: { type: 'apiKey', in: 'cookie', name: 'session' } },
      path: 'v1/',
    }
    const [one, other] = [await open({}, options), await open({}, options)]
    const answered = await one.ask('GET', '/v1/openapi.json')
    const document = (await answered.json()) as Document
    expect(document).toMatchObject({
      openapi: '3.1.1',
      info: options.info,
      servers: options.servers,
      security: [{ cookie: [] }],
      components: { securitySchemes: options.security },
    })
    expect(Object.keys(document.paths)).toContain('/v1/messages/send')
    const again = await other.ask('GET', '/v1/openapi.json')
    expect(again.headers.get('etag')).toBe(answered.headers.get('etag'))
  })

  test('is not sent to those who have it', async () => {
    const { ask } = await open()
    const { status, headers } = await ask('GET', '/api/openapi.json')
    const etag = headers.get('etag') ?? ''
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-cache',
    ])
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answered = await ask('GET', '/api/openapi.json', { 'if-none-match': known })
      expect([answered.status, await answered.text(), answered.headers.get('etag')]).toEqual([
        304,
        '',
        etag,
      ])
    }
    expect((await ask('GET', '/api/openapi.json', { 'if-none-match': '"other"' })).status).toBe(200)
    const head = await ask('HEAD', '/api/openapi.json')
    expect([head.status, await head.text(), Object.fromEntries(head.headers)]).toEqual([
      200,
      '',
      Object.fromEntries(headers),
    ])
  })

  test('of another origin’s page is refused, as all else', async () => {
    const { ask } = await open({ origins: ['https://friend.example'] })
    const evil = await ask('GET', '/api/openapi.json', { origin: 'https://evil.example' })
    expect([evil.status, await evil.json()]).toMatchObject([401, { code: 'UNAUTHORIZED' }])
    const friend = await ask('GET', '/api/openapi.json', { origin: 'https://friend.example' })
    expect(friend.headers.get('access-control-allow-origin')).toBe('https://friend.example')
  })
})

describe('a call', () => {
  const json = { 'content-type': 'application/json', 'x-principal': 'me' }

  test('has the input as its body and the output as its answer', async () => {
    const { ask } = await open()
    const made = await ask('POST', '/api/sessions/create', json, '{"title":"Rome"}')
    expect([made.status, made.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await made.json()).toMatchObject({ title: 'Rome', owner: 'me' })
    const listed = await ask('POST', '/api/sessions/list', json)
    expect(await listed.json()).toMatchObject({ sessions: [{ title: 'Rome' }], nextCursor: null })
  })

  test('that fails says why, with the status of the code', async () => {
    const { ask, errors } = await open()
    const missing = await ask('POST', '/api/sessions/get', json, '{"sessionId":"none"}')
    expect([missing.status, await missing.json()]).toEqual([
      404,
      {
        defined: true,
        code: 'NOT_FOUND',
        status: 404,
        message: 'There is no session none.',
        data: { field: 'sessionId', value: 'none' },
      },
    ])
    const bad = await ask('POST', '/api/sessions/get', json, '{"sessionId":7}')
    expect([bad.status, await bad.json()]).toMatchObject([
      400,
      { defined: true, code: 'BAD_INPUT', data: { field: 'sessionId', value: '7' } },
    ])
    expect(errors).toEqual([])
  })

  test('by a form, by another method, or to no procedure is refused', async () => {
    const { ask } = await open()
    const forms = [
      ['application/x-www-form-urlencoded', 'title=Rome'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\ncontent-disposition: form-data; name="title"\r\n\r\nRome\r\n--x--',
      ],
      ['text/plain', '{"title":"Rome"}'],
    ] as const
    for (const [type, body] of forms) {
      const refused = await ask(
        'POST',
        '/api/sessions/create',
        { ...json, 'content-type': type },
        body,
      )
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { code: 'BAD_INPUT', data: { reason: 'body-not-json' } },
      ])
    }
    for (const name of procedures) {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const refused = await ask(method, `/api/${name.replace('.', '/')}`, json)
        expect([refused.status, refused.headers.get('allow'), await refused.json()]).toMatchObject([
          405,
          'POST, OPTIONS',
          { code: 'METHOD_NOT_SUPPORTED' },
        ])
      }
    }
    for (const path of [
      '/api',
      '/api/',
      '/api/sessions',
      '/api/sessions/none',
      '/api/constructor',
      '/api/sessions/list/',
      '/api/sessions.list',
    ]) {
      const unknown = await ask('POST', path, json, '{}')
      expect([path, unknown.status, await unknown.json()]).toMatchObject([
        path,
        404,
        { code: 'NOT_FOUND' },
      ])
    }
  })

  test('that breaks says nothing of the reason, which is reported once', async () => {
    const { ask, errors } = await open({
      principal: () => Promise.reject(new Error('ldap://secret')),
    })
    const failed = await ask('POST', '/api/sessions/list', json)
    expect([failed.status, await failed.json()]).toEqual([
      500,
      {
        defined: false,
        code: 'INTERNAL_SERVER_ERROR',
        status: 500,
        message: 'Internal Server Error',
      },
    ])
    expect(errors).toMatchObject([{ error: { message: 'ldap://secret' }, where: 'sessions.list' }])
  })
})
