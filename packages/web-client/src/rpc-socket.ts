import type { Clock } from '@caughtup/schema/clock'
import type { ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'

import { ConnectionLost } from './connection-lost.ts'
import type { HeadersSource } from './sse-link.ts'
import type { CallContext } from './view-context.ts'

/** The close code for it (RFC 6455). */
const messageTooBig = 1009

/** Makes a socket; the browser's `WebSocket`, and Node's. */
export type WebSocketConstructor = new (url: URL) => WebSocket

export interface RpcSocketOptions {
  url: URL
  WebSocket: WebSocketConstructor
  headers: HeadersSource
  clock: Clock
  /** ms. */
  openTimeout: number
  /** Told of the length of each message. */
  onMessage: (length: number) => void
}

/**
 * One WebSocket and the link over it, from opening to closing. oRPC's link does not survive its
 * socket, so neither is ever reused.
 */
export class RpcSocket {
  readonly link: ClientLink<CallContext>
  /** Resolves when the socket is open; rejects when it closes before, or takes too long. */
  readonly opened: Promise<void>
  readonly #socket: WebSocket
  readonly #closed = new AbortController()
  #refusedSize = false

  constructor({ url, WebSocket, headers, clock, openTimeout, onMessage }: RpcSocketOptions) {
    const socket = new WebSocket(url)
    this.#socket = socket
    this.link = new RPCLink<CallContext>({ websocket: tolerant(socket), headers })
    this.opened = new Promise((resolve, reject) => {
      const cancel = clock.after(openTimeout, () => {
        this.close(new ConnectionLost(`the WebSocket did not open within ${openTimeout} ms`))
      })
      socket.addEventListener('open', () => {
        cancel()
        resolve()
      })
      this.closed.addEventListener('abort', () => {
        cancel()
        reject(this.closed.reason)
      })
    })
    socket.addEventListener('close', ({ code }) => {
      this.#refusedSize = code === messageTooBig
      this.close(new ConnectionLost(`the WebSocket closed (${code})`))
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string | Blob>) => {
      onMessage(typeof data === 'string' ? data.length : data.size)
    })
  }

  /** Whether the server closed it because of a message that was too large. */
  get refusedSize(): boolean {
    return this.#refusedSize
  }

  /** Aborts when the socket is closed or given up. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Fails every call on it now; a dead peer answers the closing handshake late or never. */
  close(reason: ConnectionLost): void {
    if (this.closed.aborted) return
    this.#closed.abort(reason)
    this.#socket.close()
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
