import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'
import { CaughtupError } from '@caughtup/schema/error'
import type { ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'

import { type CallContext, ConnectionLost, NeverConnected } from './link.ts'

/** The close code for it (RFC 6455). */
const messageTooBig = 1009

/** What is used of a WebSocket: a browser's, Node's, or that of `ws`. */
export interface Socket {
  readonly OPEN: number
  readonly readyState: number
  send(message: string): void
  close(): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

export type WebSocketConstructor = new (url: URL) => Socket

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
  #socket: Socket | undefined
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
    const link = linkOver(socket)
    socket.addEventListener('message', ({ data }) => {
      // Frames are text; there is no other message in the protocol.
      if (typeof data === 'string') received(data.length)
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

function construct(WebSocket: WebSocketConstructor | undefined, url: URL): Socket {
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
 * oRPC's link over the socket. It sends from abort listeners, where nobody can catch: what comes after
 * the closing is dropped, its caller has been told by `closed`.
 */
function linkOver(socket: Socket): ClientLink<CallContext> {
  const open = {
    get readyState() {
      return socket.OPEN
    },
    send(message: string) {
      if (socket.readyState === socket.OPEN) socket.send(message)
    },
    addEventListener: socket.addEventListener.bind(socket),
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of an open socket the link uses no more
  return new RPCLink<CallContext>({ websocket: open as unknown as WebSocket })
}
