import { abortable } from '@caughtup/schema/abortable'
import { type ErrorData, errorStatus } from '@caughtup/schema/error'
import { AsyncIteratorClass, type ClientOptions, ORPCError } from '@orpc/client'

import { resolveUrl, type UrlSource, webSocketUrlOf } from './endpoint.ts'
import {
  type CallContext,
  ConnectionLost,
  type Link,
  type LinkHost,
  type OpenLink,
} from './link.ts'
import { RpcSocket, type WebSocketConstructor } from './rpc-socket.ts'

export interface WebSocketOptions {
  /**
   * The RPC endpoint, with its WebSocket at `/ws` below it: `/rpc`, `https://chat.example/rpc`. A
   * `ws:` or `wss:` address is used unchanged. A function runs each time a socket is opened, so that
   * the address can carry a fresh token: a browser's WebSocket sends no headers.
   */
  url: UrlSource
  /** The class of its sockets. @default the platform's */
  WebSocket?: WebSocketConstructor
  /** How long a socket may take to open, including the call of `url`, in ms. @default 10_000 */
  openTimeout?: number
}

/**
 * All calls and streams over one WebSocket: one connection, however many views are open.
 *
 * If `url` throws, that counts as a lost connection, so views retry; a `ChatClientError` with a
 * permanent code makes them fail instead.
 */
export function webSocket(options: WebSocketOptions): Link {
  return (host) => new WebSocketLink(options, host)
}

/**
 * The first call opens the socket, and others wait until it is open. When it closes, every call on it
 * fails and the next call opens another. So it reopens when a view retries, never by its own timer.
 *
 * A socket has the credentials of the moment when it was opened: after `UNAUTHORIZED` (a 401) it takes
 * no more calls, and the next one opens a socket with new credentials.
 */
export class WebSocketLink implements OpenLink {
  readonly #options: WebSocketOptions
  readonly #host: LinkHost
  /** The one for new calls, and retired ones that still serve older calls. */
  readonly #sockets = new Set<RpcSocket>()
  #hasOpened = false

  constructor(options: WebSocketOptions, host: LinkHost) {
    this.#options = options
    this.#host = host
  }

  /** Whether any socket of this link was ever open. */
  get hasOpened(): boolean {
    return this.#hasOpened
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    options.signal?.throwIfAborted()
    const socket = this.#usable()
    const release = socket.hold()
    const signal = options.signal ? AbortSignal.any([options.signal, socket.closed]) : socket.closed
    options.signal?.addEventListener(
      'abort',
      ({ target }) => {
        const reason: unknown = target instanceof AbortSignal ? target.reason : undefined
        // One stream has been silent for too long, so the others on this socket are dead as well.
        if (reason instanceof ConnectionLost) socket.close(reason)
      },
      { once: true, signal: socket.closed },
    )
    try {
      const link = await abortable(socket.opened, signal)
      this.#hasOpened = true
      const output = await link.call(path, input, { ...options, signal })
      if (isIterator(output)) return releasing(output, signal, release)
      release()
      return output
    } catch (error) {
      const answered = !socket.closed.aborted
      if (error instanceof ORPCError && error.code === 'UNAUTHORIZED') socket.retire()
      release()
      if (answered) throw error
      if (socket.refusedSize && JSON.stringify(input).length > smallInput) throw tooLarge(error)
      throw socket.closed.reason
    }
  }

  renew(): void {
    for (const socket of this.#sockets) socket.retire()
  }

  close(): void {
    for (const socket of this.#sockets) socket.close(new ConnectionLost('the client was closed'))
  }

  #usable(): RpcSocket {
    for (const socket of this.#sockets) if (socket.usable) return socket
    const { url, WebSocket = globalThis.WebSocket, openTimeout = 10_000 } = this.#options
    const socket = new RpcSocket({
      url: async (signal) => webSocketUrlOf(await resolveUrl(url, signal)),
      WebSocket,
      openTimeout,
      ...this.#host,
    })
    this.#sockets.add(socket)
    socket.closed.addEventListener('abort', () => this.#sockets.delete(socket))
    return socket
  }
}

function isIterator(output: unknown): output is AsyncIterator<unknown, unknown, void> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

/** The stream; it keeps its socket open until it ends or is aborted. */
function releasing(
  stream: AsyncIterator<unknown, unknown, void>,
  signal: AbortSignal,
  release: () => void,
): AsyncIterator<unknown, unknown, void> {
  signal.addEventListener('abort', release, { once: true })
  return new AsyncIteratorClass(
    () => stream.next(),
    async () => {
      release()
      await stream.return?.()
    },
  )
}

/** In characters: a call that sent less cannot be the one that was too large for the server. */
const smallInput = 1_024

function tooLarge(cause: unknown): ORPCError<'TOO_LARGE', ErrorData> {
  return new ORPCError('TOO_LARGE', {
    status: errorStatus.TOO_LARGE,
    message: 'The message is larger than the server accepts.',
    data: { field: 'body' },
    cause,
  })
}
