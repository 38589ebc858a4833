import { connect, type Socket } from 'node:net'

import type { Subscription } from '../processes/subscription.ts'
import { emptyChain, extendChain, sharedNow, tokenLength, writtenAt } from '../processes/token.ts'
import { ChunkedBody } from './chunked-body.ts'
import { pongFrame, SocketFrames, textFrame } from './socket-frames.ts'
import { TextScanner } from './text-scanner.ts'

/** What a group of subscribers wants to know of each. */
export interface SubscriberEvents {
  /** What sockets read into. Each reads its piece at once, so all may have the same. */
  memory: Buffer
  /** Text was read, with the ages of its tokens in ms. */
  onToken: (age: number) => void
  onText: (subscriber: Subscriber) => void
  onReady: () => void
  onLost: (why: string) => void
}

/** One client of a stream: the cheapest that still checks what it gets. */
export class Subscriber {
  characters = 0
  chain = emptyChain
  /** Bytes of the socket. */
  bytes = 0
  /** When it last got text, on the shared clock. */
  lastAt = 0
  readonly #subscription: Subscription
  readonly #events: SubscriberEvents
  readonly #socket: Socket
  readonly #body: ChunkedBody | SocketFrames
  readonly #scanner: TextScanner
  #head: Buffer | undefined = Buffer.alloc(0)
  #ready: Buffer | undefined
  #onHead: () => void = () => {}
  #isClosed = false

  constructor(subscription: Subscription, events: SubscriberEvents) {
    this.#subscription = subscription
    this.#events = events
    this.#ready = Buffer.from(subscription.ready)
    this.#scanner = new TextScanner(subscription.text, (bytes, start, end) =>
      this.#read(bytes, start, end),
    )
    const onBody = (piece: Buffer) => this.#readBody(piece)
    this.#socket = connect({
      ...(subscription.socketPath === undefined
        ? { port: subscription.port, host: '127.0.0.1', noDelay: true }
        : { path: subscription.socketPath }),
      onread: { buffer: events.memory, callback: (size) => this.#readPiece(size) },
    })
    this.#body =
      subscription.transport === 'http'
        ? new ChunkedBody(onBody)
        : new SocketFrames(onBody, () => this.#socket.write(pongFrame))
    this.#socket.on('error', (error) => this.#lose(error.message))
    this.#socket.on('close', () => this.#lose('The server closed the connection.'))
  }

  /** Connects, and shakes hands for a WebSocket, but asks for nothing yet. */
  async connected(): Promise<void> {
    const { transport, path } = this.#subscription
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('connect', resolve)
      this.#socket.once('error', reject)
    })
    if (transport === 'http') return
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    await new Promise<void>((resolve) => (this.#onHead = resolve))
  }

  subscribe(): void {
    const { transport, path, request } = this.#subscription
    if (transport === 'websocket') {
      if (request !== undefined) this.#socket.write(textFrame(request))
      return
    }
    const [method, headers] =
      request === undefined
        ? ['GET', '']
        : ['POST', `Content-Type: application/json\r\nContent-Length: ${request.length}\r\n`]
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n${headers}\r\n${request ?? ''}`,
    )
  }

  /** Forgets what it got, so that only what comes from now on counts. */
  restart(): void {
    this.characters = 0
    this.chain = emptyChain
    this.bytes = 0
  }

  /** Takes nothing from its connection until `readOn`. */
  stall(): void {
    this.#socket.pause()
  }

  readOn(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #readPiece(size: number): boolean {
    this.bytes += size
    this.#take(this.#events.memory.subarray(0, size))
    return true
  }

  #take(piece: Buffer): void {
    if (!this.#head) return this.#body.push(piece)
    const bytes = Buffer.concat([this.#head, piece])
    const end = bytes.indexOf('\r\n\r\n')
    this.#head = end < 0 ? bytes : undefined
    if (end < 0) return
    const head = bytes.toString('latin1', 0, end)
    const isRight = /^HTTP\/1\.1 (101 |200 .*transfer-encoding: chunked)/is.test(head)
    if (!isRight) return this.#lose(bytes.toString('latin1', 0, 2_000))
    this.#onHead()
    if (end + 4 < bytes.length) this.#body.push(bytes.subarray(end + 4))
  }

  #readBody(piece: Buffer): void {
    // Nothing else comes before it, so it is in one piece.
    if (this.#ready && piece.includes(this.#ready)) {
      this.#ready = undefined
      this.#events.onReady()
    }
    this.#scanner.push(piece)
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const now = sharedNow()
    for (let token = start; token < end; token += tokenLength) {
      this.#events.onToken((now - writtenAt(bytes, token)) / 1000)
    }
    this.characters += end - start
    this.chain = extendChain(this.chain, bytes, start, end)
    this.lastAt = now
    this.#events.onText(this)
  }

  #lose(why: string): void {
    if (this.#isClosed) return
    this.close()
    this.#events.onLost(why)
  }
}
