import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'

import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import type { ChatServerOptions } from '../src/host/server-options.ts'
import {
  fetchClient,
  listen,
  openSocket,
  openTestServer,
  serveTest,
  socketClient,
} from './support/open-test-server.ts'

async function open(options: Partial<ChatServerOptions> = {}) {
  const server = await openTestServer(options)
  const serving = await serveTest(server.chat)
  const over = () => fetchClient((request) => fetch(request), 'me', `${serving.url}/rpc`)
  return { ...server, serving, over }
}

describe('a server on this machine', () => {
  const evil = { host: 'evil.example', origin: 'http://evil.example' }

  test('cannot be reached under a name that a page chooses', async () => {
    const { serving, store } = await open()
    const request = httpRequest(`${serving.url}/rpc/sessions/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-principal': 'me', ...evil },
    })
    request.end('{}')
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([
      401,
      { json: { data: { reason: 'host-not-allowed', value: 'evil.example' } } },
    ])
    expect((await store.sessions.list('me')).sessions).toEqual([])
    const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/rpc/ws`, { headers: evil })
    socket.on('error', () => {})
    const [, refusal] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect([refusal.statusCode, await text(refusal)]).toEqual([
      403,
      expect.stringContaining('`hosts`'),
    ])
  })

  test('can be reached through a proxy that passes the host on, if `hosts` names it', async () => {
    const named = { host: 'chat.example', origin: 'https://chat.example' }
    /** Like nginx with `proxy_set_header Host $host` and the usual lines for WebSockets. */
    const proxyTo = async ({ port }: { port: number }) => {
      const forward = ({ method, url, headers }: IncomingMessage) =>
        httpRequest({ port, host: '127.0.0.1', method, path: url, headers })
      const proxy = createServer((request, response) => {
        const onward = forward(request)
        onward.on('response', (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers)
          answer.pipe(response)
        })
        request.pipe(onward)
      })
      proxy.on('upgrade', (request, socket) => {
        const onward = forward(request)
        onward.on('upgrade', (answer, other) => {
          const headers = answer.rawHeaders.map((text, i) => (i % 2 ? `${text}\r\n` : `${text}: `))
          socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`)
          socket.pipe(other).pipe(socket)
          socket.on('error', () => other.destroy())
        })
        onward.on('response', () => socket.destroy())
        onward.end()
      })
      return `http://127.0.0.1:${await listen(proxy)}`
    }
    const ask = async (url: string, path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json', 'x-principal': 'me', ...named }
      const request = httpRequest(`${url}${path}`, { method: 'POST', headers })
      request.end(JSON.stringify(body))
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      return { status: response.statusCode, response }
    }
    const unnamed = await ask(await proxyTo((await open()).serving), '/rpc/sessions/list', {})
    expect(unnamed.status).toBe(401)
    expect(await text(unnamed.response)).toContain('`hosts`')

    const { serving, over: direct } = await open({ hosts: ['chat.example'] })
    const url = await proxyTo(serving)
    expect((await ask(url, '/rpc/sessions/list', {})).status).toBe(200)
    const { id: sessionId } = await direct().sessions.create()
    const input = { json: { sessionId, mode: { type: 'full' } } }
    const { response } = await ask(url, '/rpc/onChat', input)
    let received = ''
    response.on('data', (chunk: Buffer) => (received += chunk.toString()))
    const over = socketClient(await openSocket({ url }, 'me', named))
    await over.messages.send({ sessionId, text: 'Hi' })
    await expect.poll(() => received).toContain('run-ended')
    response.destroy()
  })
})
