import { Buffer } from 'node:buffer'
import { request as httpRequest } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'

import { CaughtupError } from '@caughtup/schema'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { AttachmentOptions, AttachmentStorage } from '../src/host/attachments.ts'
import { filesOf, png, testAttachments, type TestAttachments } from './support/attachments.ts'
import {
  listen,
  openTestServer,
  readRun,
  readUntil,
  serveTest,
  type TestServerOptions,
} from './support/open-test-server.ts'

type Wrapped = Partial<AttachmentStorage>

interface OpenOptions extends Omit<TestServerOptions, 'attachments'> {
  attachments?: Partial<AttachmentOptions>
  /** Takes the place of some of the storage's methods. */
  wrap?: (storage: AttachmentStorage) => Wrapped
}

async function open({ wrap, attachments: set, ...options }: OpenOptions = {}) {
  const disk = testAttachments(set)
  const { storage } = disk
  const bound: AttachmentStorage = {
    put: (...args) => storage.put(...args),
    get: (...args) => storage.get(...args),
    remove: (...args) => storage.remove(...args),
    removeSession: (...args) => storage.removeSession(...args),
  }
  const attachments: TestAttachments = { ...disk, storage: { ...bound, ...wrap?.(storage) } }
  const server = await openTestServer({ attachments, ...options })
  const { id: sessionId } = await server.client().sessions.create({ members: ['member'] })
  return { ...server, sessionId, files: disk.files, disk: storage }
}

type Opened = Awaited<ReturnType<typeof open>>

const hosts: [string, (server: Opened) => Promise<ReturnType<typeof filesOf>>][] = [
  ['fetch', async ({ chat }) => filesOf((request) => chat.fetch(request), 'me')],
  [
    'node:http',
    async ({ chat }) => {
      const { url } = await serveTest(chat)
      return filesOf((request) => fetch(request), 'me', url)
    },
  ],
]

async function* chunked(...sizes: number[]) {
  yield png
  for (const size of sizes) yield Buffer.alloc(size, 'x')
}

describe.each(hosts)('over %s', (_, filesThrough) => {
  test('a member uploads, and all members read what it was', async () => {
    const server = await open()
    const { sessionId, errors, files } = server
    const { upload, ask } = await filesThrough(server)
    const filename = '../Bild „1“.png'
    const uploaded = await upload(sessionId, 'member', { filename })
    expect(uploaded).toEqual({
      url: expect.stringMatching(new RegExp(`^/rpc/attachments/${sessionId}/[0-9a-f-]{36}$`)),
      mediaType: 'image/png',
      filename: 'Bild „1“.png',
      size: png.byteLength,
    })
    expect(files()).toHaveLength(1)
    for (const as of ['me', 'member']) {
      const response = await ask(uploaded.url, { as })
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-length': String(png.byteLength),
        'content-disposition': `inline; filename="Bild _1_.png"; filename*=UTF-8''Bild%20%E2%80%9E1%E2%80%9C.png`,
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'private, max-age=31536000, immutable, no-transform',
      })
      expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true)
    }
    expect(errors).toEqual([])
  })

  test('what could run a script is saved and not shown', async () => {
    const types = ['image/svg+xml', 'text/html']
    const server = await open({ attachments: { mediaTypes: types } })
    const { upload, ask } = await filesThrough(server)
    for (const type of types) {
      const { url } = await upload(server.sessionId, 'me', {
        body: '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        type,
        filename: 'x.svg',
      })
      const { headers } = await ask(url)
      expect(headers.get('content-disposition')).toMatch(/^attachment; /)
      expect(headers.get('content-security-policy')).toContain('sandbox')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('a file goes to the storage as it comes, not when it is whole', async () => {
    let seen = () => {}
    const first = new Promise<void>((resolve) => (seen = resolve))
    const server = await open({
      wrap: (disk) => ({
        put: (attachment, bytes, options) => {
          const watched = async function* () {
            for await (const chunk of bytes) {
              seen()
              yield chunk
            }
          }
          return disk.put(attachment, watched(), options)
        },
      }),
    })
    const { upload, read } = await filesThrough(server)
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(png)
        // It would wait for ever if the server waited for the end.
        await first
        controller.enqueue(Buffer.alloc(1_000_000, 'x'))
        controller.close()
      },
    })
    const { url, size } = await upload(server.sessionId, 'me', { body })
    expect(size).toBe(png.byteLength + 1_000_000)
    expect((await (await read(url)).arrayBuffer()).byteLength).toBe(size)
  })

  test('a file above the limit leaves nothing, with or without its length', async () => {
    let puts = 0
    const server = await open({
      attachments: { maxBytes: 100_000 },
      wrap: (disk) => ({
        put: (...args) => {
          puts++
          return disk.put(...args)
        },
      }),
    })
    const { upload } = await filesThrough(server)
    const announced = upload(server.sessionId, 'me', {
      body: Buffer.concat([png, Buffer.alloc(100_000)]),
    })
    await expect(announced).rejects.toMatchObject({
      code: 'TOO_LARGE',
      status: 413,
      data: { field: 'body', limit: 100_000, value: String(png.byteLength + 100_000) },
    })
    expect(puts).toBe(0)
    const sent = ReadableStream.from(chunked(60_000, 60_000, 60_000))
    await expect(upload(server.sessionId, 'me', { body: sent })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      data: { limit: 100_000 },
    })
    expect(puts).toBe(1)
    expect(server.files()).toEqual([])
    const exact = ReadableStream.from(chunked(100_000 - png.byteLength))
    expect((await upload(server.sessionId, 'me', { body: exact })).size).toBe(100_000)
  })

  test.each([
    ['a type that is not allowed', { body: 'Hello', type: 'text/plain' }, 'text/plain'],
    ['no type', { body: 'Hello', type: '' }, ''],
    ['HTML that says it is a picture', { body: '<!doctype html>', type: 'image/png' }, 'image/png'],
    ['SVG that says it is a PDF', { body: '<svg>', type: 'application/pdf' }, 'application/pdf'],
    ['an empty picture', { body: '', type: 'image/png' }, 'image/png'],
  ])('%s is refused', async (_name, options, value) => {
    const server = await open()
    const { upload } = await filesThrough(server)
    await expect(upload(server.sessionId, 'me', options)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      status: 400,
      data: { field: 'content-type', value, reason: 'media-type' },
    })
    expect([server.files(), server.errors]).toEqual([[], []])
  })

  test('a picture is what its bytes are, whatever the request says', async () => {
    const server = await open()
    const { upload, ask } = await filesThrough(server)
    const { url, mediaType } = await upload(server.sessionId, 'me', { type: 'image/jpeg' })
    expect(mediaType).toBe('image/png')
    expect((await ask(url)).headers.get('content-type')).toBe('image/png')
  })

  test('a storage that fails is unavailable, and nothing else is', async () => {
    const broken = new Error('disk full')
    const server = await open({
      wrap: () => ({ put: () => Promise.reject(broken), get: () => Promise.reject(broken) }),
    })
    const { sessionId, errors, client } = server
    const { upload, read } = await filesThrough(server)
    const unavailable = { code: 'UNAVAILABLE', status: 503, data: { reason: 'attachments' } }
    await expect(upload(sessionId)).rejects.toMatchObject(unavailable)
    await expect(read(`/rpc/attachments/${sessionId}/some-id`)).rejects.toMatchObject(unavailable)
    expect(errors.map(({ error }) => error)).toEqual([broken, broken])
    await client().messages.send({ sessionId, text: 'Still here' })
  })

  test('a refusal of the storage itself reaches the client', async () => {
    const server = await open({
      wrap: () => ({
        put: () => Promise.reject(new CaughtupError('LIMIT_EXCEEDED', 'Your files fill 1 GB.')),
      }),
    })
    const { upload } = await filesThrough(server)
    await expect(upload(server.sessionId)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'Your files fill 1 GB.',
    })
    expect(server.errors).toEqual([])
  })

  test('a storage that fails while it is read ends the response early', async () => {
    const server = await open({
      wrap: (disk) => ({
        get: async (...args) => {
          const found = await disk.get(...args)
          return found && { ...found, bytes: failing }
        },
      }),
    })
    const failing = async function* () {
      yield png.subarray(0, 10)
      throw new Error('disk gone')
    }
    const { upload, read } = await filesThrough(server)
    const response = await read((await upload(server.sessionId)).url)
    expect(
      await response.arrayBuffer().then(
        () => 'whole',
        () => 'broken off',
      ),
    ).toBe('broken off')
    expect(server.errors.map(({ error }) => String(error))).toEqual(['Error: disk gone'])
  })

  test('a part of a file is read by its range', async () => {
    const server = await open()
    const { upload, read, ask } = await filesThrough(server)
    const { url, size } = await upload(server.sessionId)
    const part = await read(url, { range: 'bytes=1-3' })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      `bytes 1-3/${size}`,
      'PNG',
    ])
    const behind = await ask(url, { headers: { range: `bytes=${size}-` } }).catch(String)
    expect(behind).toContain('Unexpected end of JSON')
  })

  test('neither another session, nor a former member, nor a guess reads a file', async () => {
    const server = await open()
    const { sessionId, client } = server
    const { upload, ask } = await filesThrough(server)
    const { url } = await upload(sessionId)
    const id = url.split('/').at(-1)
    const other = await client('stranger').sessions.create()
    const missing = { code: 'NOT_FOUND', status: 404 }
    await expect(ask(url, { as: 'stranger' })).rejects.toMatchObject(missing)
    const moved = `/rpc/attachments/${other.id}/${id}`
    await expect(ask(moved, { as: 'stranger' })).rejects.toMatchObject(missing)
    await ask(url, { as: 'member' })
    await client().sessions.removeMember({ sessionId, principal: 'member' })
    await expect(ask(url, { as: 'member' })).rejects.toMatchObject(missing)
    await expect(upload(sessionId, 'member')).rejects.toMatchObject(missing)
    await expect(ask(url, { as: null })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(ask(`/rpc/attachments/${sessionId}/none`)).rejects.toMatchObject(missing)
  })

  test('the guard of all requests checks these, too', async () => {
    const friend = 'https://friend.example'
    const server = await open({ origins: [friend] })
    const { upload, ask } = await filesThrough(server)
    const { url } = await upload(server.sessionId)
    const evil = { origin: 'https://evil.example' }
    const refused = { code: 'UNAUTHORIZED', data: { reason: 'origin-not-allowed' } }
    await expect(upload(server.sessionId, 'me', { headers: evil })).rejects.toMatchObject(refused)
    await expect(ask(url, { headers: evil })).rejects.toMatchObject(refused)
    await expect(ask(url, { headers: { 'caughtup-protocol': '99' } })).rejects.toMatchObject({
      code: 'PROTOCOL_MISMATCH',
    })
    const allowed = await ask(url, { headers: { origin: friend } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(friend)
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
    const preflight = await ask(`/rpc/attachments/${server.sessionId}`, {
      method: 'OPTIONS',
      headers: { origin: friend, 'access-control-request-headers': 'content-type' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBe(friend)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    for (const method of ['PUT', 'DELETE', 'POST']) {
      await expect(ask(url, { method })).rejects.toMatchObject({ code: 'METHOD_NOT_SUPPORTED' })
    }
    const page = ask(`/rpc/attachments/${server.sessionId}`)
    await expect(page).rejects.toMatchObject({ code: 'METHOD_NOT_SUPPORTED' })
    await expect(ask('/rpc/attachments/')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(server.errors).toEqual([])
  })

  test('a principal uploads at most so many files in a minute', async () => {
    const server = await open({ limits: { uploadsPerMinute: 2 } })
    const { upload } = await filesThrough(server)
    await upload(server.sessionId)
    await upload(server.sessionId)
    await expect(upload(server.sessionId)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      data: { limit: 2, retryAfter: expect.any(Number) },
    })
    await upload(server.sessionId, 'member')
    expect(server.files()).toHaveLength(3)
  })

  test('a server that closes takes no more files', async () => {
    const server = await open()
    const { ask, upload } = await filesThrough({ ...server })
    const { url } = await upload(server.sessionId)
    const closed = server.chat.close()
    await expect(ask(url)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await closed
  })

  test('files are not there for a server without a storage', async () => {
    const server = await openTestServer()
    const { id } = await server.client().sessions.create()
    const { upload } = await filesThrough({ ...server, sessionId: id } as Opened)
    await expect(upload(id)).rejects.toMatchObject({ code: 'BAD_INPUT' })
    const parts = [
      { type: 'file' as const, mediaType: 'image/png', url: `/rpc/attachments/${id}/x` },
    ]
    const sent = server.client().messages.send({ sessionId: id, parts })
    await expect(sent).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'parts.0.url' } })
  })
})

test('files go over HTTP/2, too', async () => {
  const server = await open()
  const host = createHttp2Server(server.chat.nodeHandler)
  const session = connectHttp2(`http://localhost:${await listen(host, 'localhost')}`)
  onTestFinished(() => session.close())
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const stream = session.request({
      ':method': method,
      ':path': path,
      'x-principal': 'me',
      ...headers,
    })
    stream.end(method === 'POST' ? png : undefined)
    return buffer(stream)
  }
  const answer = await ask('POST', `/rpc/attachments/${server.sessionId}`, {
    'content-type': 'image/png',
  })
  const { json } = JSON.parse(answer.toString()) as { json: { url: string } }
  expect((await ask('GET', json.url)).equals(png)).toBe(true)
  const evil = await ask('GET', json.url, { ':authority': 'evil.example' })
  expect(evil.toString()).toContain('host-not-allowed')
})

test('an upload that breaks off leaves nothing', async () => {
  const server = await open()
  const { port } = await serveTest(server.chat)
  const { sessionId } = server
  for (const framing of ['content-length: 1000000', 'transfer-encoding: chunked']) {
    const socket = connect(port, '127.0.0.1')
    const head = `POST /rpc/attachments/${sessionId} HTTP/1.1\r\nhost: localhost\r\nx-principal: me\r\ncontent-type: image/png\r\n${framing}\r\n\r\n`
    socket.write(head)
    socket.write(framing.endsWith('chunked') ? `${png.byteLength.toString(16)}\r\n` : '')
    socket.write(png)
    // It has begun to be written.
    await expect.poll(() => server.files()).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => server.files()).toEqual([])
  }
  expect(server.errors).toEqual([])
})

test('a body that a host ends before its length leaves nothing', async () => {
  const server = await open()
  const { upload } = await hosts[0]![1](server)
  const cut = upload(server.sessionId, 'me', { headers: { 'content-length': '1000' } })
  await expect(cut).rejects.toMatchObject({ code: 'BAD_INPUT', data: { field: 'body' } })
  const broken = async function* () {
    yield png
    throw new Error('connection reset')
  }
  const body = ReadableStream.from(broken())
  await expect(upload(server.sessionId, 'me', { body })).rejects.toMatchObject({
    code: 'BAD_INPUT',
  })
  expect([server.files(), server.errors]).toEqual([[], []])
})

test('no path leaves the attachments of a session', async () => {
  const server = await open()
  const { sessionId } = server
  const { port } = await serveTest(server.chat)
  const raw = (method: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'x-principal': 'me', 'content-type': 'image/png' }
      const request = httpRequest({ port, path, method, headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.once('error', reject)
      request.end(method === 'POST' ? png : undefined)
    })
  const base = `/rpc/attachments/${sessionId}`
  for (const path of [
    `${base}/../${sessionId}/..`,
    `${base}/..`,
    `${base}/%2e%2e`,
    `${base}/..%2f..%2fetc%2fpasswd`,
    `${base}/.unfinished`,
    `${base}//etc/passwd`,
    `${base}/a%00b`,
    `${base}/a/b`,
    '/rpc/attachments/%2e%2e/x',
    '/rpc/attachments/.unfinished/x',
  ]) {
    expect([path, await raw('GET', path)]).toEqual([path, expect.toBeOneOf([404, 405])])
    const posted = await raw('POST', path)
    expect([path, posted]).toEqual([path, expect.toBeOneOf([400, 404, 405])])
  }
  expect([server.files(), server.errors]).toEqual([[], []])
})

describe('removal', () => {
  test('a deleted session takes its files along, and no others', async () => {
    const server = await open()
    const { sessionId, client } = server
    const { upload } = await hosts[0]![1](server)
    const other = await client().sessions.create()
    await upload(sessionId)
    await upload(sessionId, 'member')
    const { url } = await upload(other.id)
    await client().sessions.delete({ sessionId })
    expect(server.files()).toEqual([url.replace('/rpc/attachments/', '')])
  })

  test('a session whose files cannot be removed stays, and can be deleted again', async () => {
    let broken = true
    const server = await open({
      wrap: (disk) => ({
        removeSession: (id) =>
          broken ? Promise.reject(new Error('disk gone')) : disk.removeSession(id),
      }),
    })
    const { sessionId, client } = server
    const { upload } = await hosts[0]![1](server)
    await upload(sessionId)
    const deleted = client().sessions.delete({ sessionId })
    await expect(deleted).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      data: { reason: 'attachments' },
    })
    expect(await client().sessions.get({ sessionId })).toMatchObject({ id: sessionId })
    broken = false
    await client().sessions.delete({ sessionId })
    expect(server.files()).toEqual([])
  })

  test('a file that is stored between the first removal and the deletion goes, too', async () => {
    let removals = 0
    const server = await open({
      wrap: (disk) => ({
        removeSession: async (id) => {
          await disk.removeSession(id)
          if (removals++ > 0) return
          const { upload } = await hosts[0]![1](server)
          await upload(id, 'member')
        },
      }),
    })
    const { sessionId, client } = server
    await client().sessions.delete({ sessionId })
    expect([removals, server.files()]).toEqual([2, []])
  })

  test('of an upload to a session that is deleted meanwhile nothing is left', async () => {
    const server = await open({
      wrap: (disk) => ({
        put: async (...args) => {
          await disk.put(...args)
          // After the last removal of the deletion, as if the storage had answered late.
          await server.store.sessions.delete(server.sessionId)
        },
      }),
    })
    const { upload } = await hosts[0]![1](server)
    await expect(upload(server.sessionId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(server.files()).toEqual([])
  })

  test('an erased message takes its files along, as far as they are its author’s', async () => {
    const server = await open()
    const { sessionId, client, files } = server
    const { upload } = await hosts[0]![1](server)
    const [own, owners] = [await upload(sessionId, 'member'), await upload(sessionId, 'me')]
    const parts = [own, owners].map(({ url, mediaType }) => ({
      type: 'file' as const,
      url,
      mediaType,
    }))
    const stream = await client('member').onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    const send = async (messageId: string) => {
      await client('member').messages.send({ sessionId, messageId, parts })
      await readRun(stream)
    }
    await send('a')
    await client('member').history.erase({ sessionId, messageIds: ['a'] })
    expect(files()).toEqual([owners.url.replace('/rpc/attachments/', '')])
    await send('b')
    await client().history.erase({ sessionId, messageIds: ['b'] })
    expect(files()).toEqual([])
  })
})
