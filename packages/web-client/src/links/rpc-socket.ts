import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'
import { CaughtupError } from '@caughtup/schema/error'
import type { ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'

import { ConnectionLost, NeverConnected } from '../connection-lost.ts'
import type { CallContext } from './link.ts'

/** The close code for it (RFC 6455). */
const messageTooBig = 1009

/** Makes a socket; the browser's `WebSocket`, and Node's. */
export type WebSocketConstructor = new (url: URL) => WebSocket

export interface RpcSocketOptions {
  /** Asked once, before the socket is made. */
  url: (signal: AbortSignal) => Promise<URL>
  WebSocket: WebSocketConstructor | undefined
  clock: Clock
  /** For asking the address and opening together, in ms. */
  openTimeout: number
  /** Told of the length of each message. */
  received: (length: number) => void
}

/**
 * One WebSocket and the link over it, from opening to closing. oRPC's link does not survive its
 * socket, so neither is ever reused.
 */
export class RpcSocket {
  /** The link over it once it is open; rejects when it closes before, or takes too long. */
  readonly opened: Promise<ClientLink<CallContext>>
  readonly #closed = new AbortController()
  #socket: WebSocket | undefined
  #refusedSize = false
  #calls = 0
  #retired = false

  constructor(options: RpcSocketOptions) {
    const { clock, openTimeout } = options
    const cancel = clock.after(openTimeout, () => {
      this.#close(new NeverConnected(`the WebSocket did not open within ${openTimeout} ms`))
    })
    this.opened = abortable(this.#open(options), this.closed).finally(cancel)
    this.opened.catch((error: unknown) => this.#close(error))
  }

  /** Whether the server closed it because of a message that was too large. */
  get refusedSize(): boolean {
    return this.#refusedSize
  }

  /** Aborts when the socket is closed or given up. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Whether later calls may use it. */
  get usable(): boolean {
    return !this.#retired && !this.closed.aborted
  }

  /** Counts a call on it until the returned function is called. */
  hold(): () => void {
    let held = true
    this.#calls += 1
    return () => {
      if (held) this.#calls -= 1
      held = false
      this.#closeWhenDone()
    }
  }

  /** Takes no more calls, and closes when the last one on it is over. */
  retire(): void {
    this.#retired = true
    this.#closeWhenDone()
  }

  /** Fails every call on it now; a dead peer answers the closing handshake late or never. */
  close(reason: ConnectionLost): void {
    this.#close(reason)
  }

  async #open({ url, WebSocket, received }: RpcSocketOptions): Promise<ClientLink<CallContext>> {
    const address = await url(this.closed)
    this.closed.throwIfAborted()
    const socket = construct(WebSocket, address)
    this.#socket = socket
    const link = new RPCLink<CallContext>({ websocket: tolerant(socket) })
    socket.addEventListener('message', ({ data }: MessageEvent<string | Blob>) => {
      received(typeof data === 'string' ? data.length : data.size)
    })
    return new Promise((resolve) => {
      let open = false
      socket.addEventListener('open', () => {
        open = true
        resolve(link)
      })
      socket.addEventListener('close', ({ code }) => {
        this.#refusedSize = code === messageTooBig
        const why = `the WebSocket closed (${code})`
        this.#close(open ? new ConnectionLost(why) : new NeverConnected(why))
      })
    })
  }

  #closeWhenDone(): void {
    if (this.#retired && this.#calls === 0) {
      this.#close(new ConnectionLost('another WebSocket has taken its place'))
    }
  }

  #close(reason: unknown): void {
    if (this.closed.aborted) return
    this.#closed.abort(reason)
    this.#socket?.close()
  }
}

function construct(WebSocket: WebSocketConstructor | undefined, url: URL): WebSocket {
  if (!WebSocket) {
    const message = 'There is no WebSocket here: give the link one as its option WebSocket.'
    throw new CaughtupError('BAD_INPUT', message, { field: 'WebSocket' })
  }
  try {
    return new WebSocket(url)
  } catch (cause) {
    // What a browser's policy forbids (a page over https, a socket over ws).
    throw new NeverConnected(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/**
 * The socket as oRPC's link sees it. The link sends from abort listeners, where nobody can catch:
 * what comes after the closing is dropped, its caller has been told by `closed`.
 */
function tolerant(socket: WebSocket) {
  return {
    get readyState() {
      return socket.OPEN
    },
    send: (message: Parameters<WebSocket['send']>[0]) => {
      if (socket.readyState === socket.OPEN) socket.send(message)
    },
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
  }
}
