import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'
import { CaughtupError } from '@caughtup/schema/error'
import type { ClientLink } from '@orpc/client'
import { StandardLink } from '@orpc/client/standard'
import { LinkWebsocketClient } from '@orpc/client/websocket'

import { jsonCodec } from './json-codec.ts'
import { type CallContext, ConnectionLost, NeverConnected } from './link.ts'

/** The close code of RFC 6455 for it. */
const messageTooBig = 1009

/** The part of a WebSocket that is used here: a browser's, Node's, or that of `ws`. */
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
  /** Called once, before the socket is created. */
  url: (signal: AbortSignal) => Promise<URL>
  WebSocket: WebSocketConstructor | undefined
  clock: Clock
  /** For the call of `url` and the opening together, in ms. */
  openTimeout: number
  /** Called with the length of each message. */
  received: (length: number) => void
}

/**
 * One WebSocket and the link over it, from opening to closing. oRPC's link does not survive its
 * socket, so neither is reused.
 */
export class RpcSocket {
  /** The link over the open socket; rejects if it closes before, or takes too long to open. */
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

  /** Whether the server closed it because a message was too large. */
  get refusedSize(): boolean {
    return this.#refusedSize
  }

  /** Aborts when the socket is closed or abandoned. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Whether new calls may use it. */
  get usable(): boolean {
    return !this.#retired && !this.closed.aborted
  }

  /** Counts a call that uses it, until the returned function is called. */
  hold(): () => void {
    let isHeld = true
    this.#calls += 1
    return () => {
      if (isHeld) this.#calls -= 1
      isHeld = false
      this.#closeWhenDone()
    }
  }

  /** Takes no more calls, and closes after the last one that uses it. */
  retire(): void {
    this.#retired = true
    this.#closeWhenDone()
  }

  /** Fails every call on it at once: a dead peer may never answer the closing handshake. */
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
      // The protocol has text messages only.
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
      this.#close(new ConnectionLost('the WebSocket was replaced by another'))
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
    const message = 'This platform has no WebSocket: pass one as the option WebSocket of the link.'
    throw new CaughtupError('BAD_INPUT', message, { field: 'WebSocket' })
  }
  try {
    return new WebSocket(url)
  } catch (cause) {
    // The browser's policy forbids it (a page over https, a socket over ws).
    throw new NeverConnected(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/**
 * oRPC's link over the socket. The link also sends from abort listeners, where no caller can catch an
 * error: messages after the closing are dropped, because `closed` has told their callers.
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the link uses no other member of an open socket
  const websocket = open as unknown as WebSocket
  // The socket's messages hold paths alone.
  const codec = jsonCodec({ url: async () => new URL('http://socket') })
  return new StandardLink(codec, new LinkWebsocketClient<CallContext>({ websocket }))
}
