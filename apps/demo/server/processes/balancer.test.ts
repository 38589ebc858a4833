import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

import { Balancer, type Target } from './balancer.ts'

/** A process, as the balancer sees it. */
async function target(id: number, answer: RequestListener) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  onTestFinished(close)
  return { id, port: (server.address() as AddressInfo).port, server, close }
}

async function balance(targets: readonly Target[]) {
  const balancer = new Balancer({ targets: () => targets, own: () => Promise.resolve(false) })
  const port = await balancer.listen('127.0.0.1', 0)
  onTestFinished(() => balancer.close())
  return { balancer, url: `http://127.0.0.1:${port}` }
}

/** A process that keeps its answers open, which the test writes. */
async function streamingTarget(id: number) {
  const opened = Promise.withResolvers<ServerResponse>()
  const made = await target(id, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    opened.resolve(response)
  })
  return { ...made, opened: opened.promise }
}

const names = (id: number): RequestListener => {
  return (_, response) => response.end(String(id))
}

describe('Balancer', () => {
  it('passes requests to the processes in turn, and on to the next if one refuses', async () => {
    const [one, two] = [await target(1, names(1)), await target(2, names(2))]
    const { url } = await balance([one, two])
    const ask = async () => (await fetch(url)).text()
    expect([await ask(), await ask(), await ask()]).toEqual(['1', '2', '1'])
    two.close()
    expect([await ask(), await ask()]).toEqual(['1', '1'])
    one.close()
    expect((await fetch(url)).status).toBe(503)
  })

  it('passes on the method, the host, the query, the body, the status and headers', async () => {
    const echo = await target(1, (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        response.writeHead(418, { 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] })
        response.end(JSON.stringify([request.method, request.headers.host, request.url, body]))
      })
    })
    const { url } = await balance([echo])
    const answer = await fetch(`${url}/a%20b?c=d`, { method: 'POST', body: 'x'.repeat(200_000) })
    expect(answer.status).toBe(418)
    expect(answer.headers.get('x-answer')).toBe('yes')
    expect(answer.headers.get('x-demo-process')).toBe('1')
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const { host } = new URL(url)
    expect(await answer.json()).toEqual(['POST', host, '/a%20b?c=d', 'x'.repeat(200_000)])
  })

  it('passes a stream on as it comes, and tells which process serves it', async () => {
    const process = await streamingTarget(7)
    const { balancer, url } = await balance([process])
    const gone = new AbortController()
    const answer = await fetch(`${url}/rpc/onChat?page=p1`, { signal: gone.signal })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    const response = await process.opened
    for (const text of ['one', 'two']) {
      response.write(text)
      expect((await reader.read()).value).toBe(text)
    }
    expect(balancer.streams).toEqual([{ kind: 'chat', page: 'p1', process: 7 }])
    const closed = once(response, 'close')
    gone.abort()
    await closed
    await expect.poll(() => balancer.streams).toEqual([])
  })

  it('asks the process of a page’s chat for the page’s figures', async () => {
    const answers = (id: number): RequestListener => {
      return ({ url }, response) => {
        if (url?.startsWith('/rpc/onChat')) {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        } else response.end(String(id))
      }
    }
    const { url } = await balance([await target(1, answers(1)), await target(2, answers(2))])
    const figuresOf = async (page: string) =>
      (await fetch(`${url}/rpc/server/stats?page=${page}`)).text()
    expect([await figuresOf('p1'), await figuresOf('p1')]).toEqual(['1', '2'])
    for (const page of ['p1', 'p2']) {
      const gone = new AbortController()
      onTestFinished(() => gone.abort())
      await fetch(`${url}/rpc/onChat?page=${page}`, { signal: gone.signal })
    }
    expect([await figuresOf('p2'), await figuresOf('p2')]).toEqual(['2', '2'])
    expect([await figuresOf('p1'), await figuresOf('p1')]).toEqual(['1', '1'])
  })

  it('tells a process that a client went away before its answer', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    const process = await target(1, (_, response) => asked.resolve(response))
    const { url } = await balance([process])
    const gone = new AbortController()
    const answer = fetch(url, { signal: gone.signal })
    const closed = once(await asked.promise, 'close')
    gone.abort()
    await expect(answer).rejects.toThrow('aborted')
    await closed
  })

  it('breaks a stream whose process breaks it off', async () => {
    const process = await streamingTarget(1)
    const { url } = await balance([process])
    const answer = await fetch(url)
    const response = await process.opened
    response.write('a beginning')
    response.destroy()
    await expect(answer.text()).rejects.toThrow('terminated')
  })

  it('passes a WebSocket on in both directions, and its end', async () => {
    const process = await target(3, names(3))
    const sockets = new WebSocketServer({ server: process.server })
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        // oxlint-disable-next-line typescript/no-base-to-string -- it is a Buffer
        const text = String(data)
        if (text === 'die') socket.terminate()
        else socket.send(`${text} too`)
      })
    })
    const { balancer, url } = await balance([process])
    const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc/ws?page=p2`)
    socket.on('error', () => {})
    await once(socket, 'open')
    socket.send('you')
    expect(String((await once(socket, 'message'))[0])).toBe('you too')
    expect(balancer.streams).toEqual([{ kind: 'websocket', page: 'p2', process: 3 }])
    socket.send('die')
    expect((await once(socket, 'close'))[0]).toBe(1006)
    await expect.poll(() => balancer.streams).toEqual([])
  })
})
