import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'

import type { ServedStream } from '../../shared/served.ts'
import { askedBy, connectTo, headOf } from './wire.ts'

/** A process that takes requests. */
export interface Target {
  id: number
  port: number
}

export interface BalancerOptions {
  /** The processes that take requests, asked for each one. */
  targets: () => readonly Target[]
  /** Answers requests that are for the balancer itself; resolves to false for all others. */
  own: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>
}

export interface OpenStream extends ServedStream {
  /** The page that opened it, if it says which. */
  page: string | undefined
}

/**
 * A reverse proxy over HTTP/1.1 that passes each request and each WebSocket to the next process in turn, or
 * to the one after it if that refuses the connection. It buffers nothing beyond what its sockets do. The header
 * `x-demo-process` of an answer names the process.
 */
export class Balancer {
  readonly #options: BalancerOptions
  readonly #server = createServer((incoming, response) => {
    this.#answer(incoming, response).catch((error: unknown) => {
      console.error(`${incoming.method} ${incoming.url} failed:`, error)
      response.destroy()
    })
  })
  readonly #streams = new Set<OpenStream>()
  readonly #sockets = new Set<Duplex>()
  #turn = 0

  constructor(options: BalancerOptions) {
    this.#options = options
    this.#server.on('upgrade', (incoming, client, head) => {
      this.#sockets.add(client)
      client.once('close', () => this.#sockets.delete(client))
      client.on('error', () => client.destroy()) // A page that goes away is no fault.
      void this.#upgrade(incoming, client, head)
    })
  }

  /** The open streams through it. */
  get streams(): readonly OpenStream[] {
    return [...this.#streams]
  }

  /** Resolves with the port that it listens on. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, resolve)
    })
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : port
  }

  /** Takes no more connections, and cuts those that are open. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await this.#options.own(incoming, response)) return
    const found = await this.#connect(this.#preferred(incoming))
    if (!found) return refuse(response, 503)
    const { connection: _, ...headers } = incoming.headers
    const { method = 'GET', url = '/' } = incoming
    const forwarded = request({
      createConnection: () => found.socket,
      method,
      path: url,
      headers,
      setHost: false,
    })
    response.once('close', () => forwarded.destroy())
    forwarded.on('error', () => {
      if (response.headersSent) response.destroy()
      else refuse(response, 502)
    })
    forwarded.on('response', (answer) => {
      const { connection: __, 'keep-alive': ___, ...fields } = answer.headers
      if (fields['content-type']?.startsWith('text/event-stream')) {
        this.#track(incoming, found.process, response)
      }
      response.writeHead(answer.statusCode ?? 502, { ...fields, 'x-demo-process': found.process })
      response.flushHeaders()
      // An answer that breaks off must not look complete: this breaks the other side, too.
      pipeline(answer, response, () => {})
    })
    pipeline(incoming, forwarded, () => {})
  }

  async #upgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const found = await this.#connect()
    if (!found) return void client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
    const { process, socket } = found
    this.#track(incoming, process, socket)
    socket.write(headOf(incoming))
    socket.write(head)
    pipeline(client, socket, () => {})
    pipeline(socket, client, () => {})
  }

  /** Figures are comparable only if they are of one process: of that which serves the page's chat. */
  #preferred(incoming: IncomingMessage): number | undefined {
    const { page, isFigures } = askedBy(incoming)
    if (!isFigures || page === undefined) return undefined
    return this.streams.find((stream) => stream.page === page && stream.kind === 'chat')?.process
  }

  /** A connection to the preferred process, or to the next one that takes it. */
  async #connect(preferred?: number): Promise<{ process: number; socket: Socket } | undefined> {
    const targets = this.#options.targets()
    const turn = preferred === undefined ? this.#turn++ : 0
    const inTurn = targets.map((_, offset) => targets[(turn + offset) % targets.length])
    const first = inTurn.filter((target) => target?.id === preferred)
    for (const target of [...first, ...inTurn]) {
      const socket = target && (await connectTo(target.port))
      if (socket) return { process: target.id, socket }
    }
    return undefined
  }

  #track(incoming: IncomingMessage, process: number, connection: ServerResponse | Socket): void {
    const { kind, page } = askedBy(incoming)
    const stream = { kind, page, process }
    this.#streams.add(stream)
    connection.once('close', () => this.#streams.delete(stream))
  }
}

function refuse(response: ServerResponse, status: 502 | 503): void {
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' }
  response.writeHead(status, headers).end('No process answers.\n')
}
