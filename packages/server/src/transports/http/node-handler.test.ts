import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { text } from 'node:stream/consumers'

import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'

import {
  fetchClient,
  listen,
  openSocket,
  openTestServer,
  readRun,
  readUntil,
  socketClient,
} from '../../../tests/support/open-test-server.ts'
import { attachWebSocket } from '../websocket/attach-websocket.ts'

describe('an HTTP server of the host', () => {
  type Middleware = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void

  /** Like Express: runs one middleware after the other, and answers 404 at the end. */
  function app(...middlewares: Middleware[]) {
    return createServer((request, response) => {
      const [first, ...rest] = middlewares
      const run = (middleware: Middleware | undefined, others: Middleware[]) => {
        if (!middleware) response.writeHead(404).end('the host')
        else middleware(request, response, () => run(others[0], others.slice(1)))
      }
      run(first, rest)
    })
  }

  test('answers each request once, with the chat server as a middleware', async () => {
    const { chat } = await openTestServer()
    const server = app(chat.nodeHandler)
    const webSocket = attachWebSocket(chat, server)
    const url = `http://127.0.0.1:${await listen(server)}`
    const client = fetchClient((request) => fetch(request), 'me', `${url}/rpc`)
    const { id: sessionId } = await client.sessions.create()
    const stream = await client.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    const over = socketClient(await openSocket({ url }))
    await over.messages.send({ sessionId, text: 'Hi' })
    await readRun(stream)
    const elsewhere = await fetch(`${url}/rpcx`)
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'the host'])
    expect((await over.sessions.list()).sessions).toHaveLength(1)
    await chat.close()
    await webSocket.close()
    expect(await (await fetch(url)).text()).toBe('the host')
  })

  test('may have stripped the path and read the body before', async () => {
    const { chat } = await openTestServer()
    const url = `http://127.0.0.1:${await listen(
      app(
        (request, _, next) => {
          let body = ''
          request.on('data', (chunk: Buffer) => (body += chunk.toString()))
          request.on('end', () => {
            Object.assign(request, { body: JSON.parse(body) })
            next()
          })
        },
        (request, response, next) => {
          Object.assign(request, { originalUrl: request.url, url: request.url?.slice(4) })
          chat.nodeHandler(request, response, next)
        },
      ),
    )}`
    const client = fetchClient((request) => fetch(request), 'me', `${url}/rpc`)
    expect(await client.sessions.create({ title: 'Read before' })).toMatchObject({
      title: 'Read before',
    })
  })

  test('may have other WebSockets', async () => {
    const { chat } = await openTestServer()
    const server = app(chat.nodeHandler)
    attachWebSocket(chat, server)
    const url = `http://127.0.0.1:${await listen(server)}`
    const refused = new WebSocket(`${url.replace('http', 'ws')}/other`)
    expect(String(await new Promise((resolve) => refused.once('error', resolve)))).toContain('404')
    server.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Not mine\r\n\r\n')
    })
    const other = new WebSocket(`${url.replace('http', 'ws')}/other`)
    expect(String(await new Promise((resolve) => other.once('error', resolve)))).toContain('418')
    await socketClient(await openSocket({ url })).sessions.list()
  })

  test('may speak HTTP/2', async () => {
    const { chat } = await openTestServer()
    const server = createHttp2Server((request, response) => chat.nodeHandler(request, response))
    const session = connectHttp2(`http://localhost:${await listen(server, 'localhost')}`)
    onTestFinished(() => session.close())
    const ask = async (path: string, headers: Record<string, string>) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/json',
        'x-principal': 'me',
        ...headers,
      })
      stream.end('{}')
      return JSON.parse(await text(stream)) as unknown
    }
    expect(await ask('/rpc/sessions/list', {})).toMatchObject({ json: { sessions: [] } })
    expect(await ask('/rpc/sessions/list', { ':authority': 'evil.example' })).toMatchObject({
      json: { data: { reason: 'host-not-allowed' } },
    })
  })
})
