import type { Duplex } from 'node:stream'

import type { ORPCError } from '@orpc/server'
import type { WebSocket } from 'ws'

import type { ClientStream } from '../../streams/client-stream.ts'
import type { SentFrame } from '../../streams/sent-frame.ts'
import type { Outlet } from '../../streams/outlet.ts'
import { doneItem, errorItem, type socketEncoding } from './socket-frame.ts'

export interface SocketStreamsOptions {
  ws: WebSocket
  /** The connection below it. */
  socket: Duplex
  encode: ReturnType<typeof socketEncoding>
}

/** The open streams of one WebSocket, by the ids of their calls. */
export class SocketStreams {
  readonly #options: SocketStreamsOptions
  readonly #open = new Map<string, ClientStream>()

  constructor(options: SocketStreamsOptions) {
    this.#options = options
    options.socket.on('drain', () => {
      for (const stream of this.#open.values()) stream.drained()
    })
  }

  has(id: string): boolean {
    return this.#open.has(id)
  }

  /** Begins a stream whose response has been sent. */
  begin(id: string, stream: ClientStream): void {
    this.#open.set(id, stream)
    const over = () => void this.#open.delete(id)
    stream.begin(new SocketOutlet({ ...this.#options, id, over }))
  }

  /** The client has ended the call. */
  abort(id: string): void {
    this.#open.get(id)?.gone()
    this.#open.delete(id)
  }

  /** The connection is over. */
  close(): void {
    for (const stream of this.#open.values()) stream.gone()
    this.#open.clear()
  }
}

/** Writes the items of one call. Its frames go to the connection as they are, encoded for all sockets. */
class SocketOutlet implements Outlet {
  readonly #options: SocketStreamsOptions & { id: string; over: () => void }

  constructor(options: SocketStreamsOptions & { id: string; over: () => void }) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#options.socket.writableNeedDrain
  }

  write(sent: SentFrame<object>): void {
    const { ws, socket, encode, id } = this.#options
    // `ws` writes each message to the connection at once, so this is never inside of another one.
    if (ws.readyState === ws.OPEN) socket.write(encode(id, sent))
  }

  end(): void {
    this.#finish(doneItem(this.#options.id))
  }

  fail(error: ORPCError<string, unknown>): void {
    this.#finish(errorItem(this.#options.id, error))
  }

  /** Without an `end` before it, `done` is a broken stream to the client. */
  cut(): void {
    if (this.isFull) {
      // Nobody would read it. The other streams of the connection are as stuck as this one.
      this.#options.over()
      this.#options.ws.terminate()
    } else this.end()
  }

  #finish(item: string): void {
    const { ws, over } = this.#options
    over()
    if (ws.readyState === ws.OPEN) ws.send(item)
  }
}
