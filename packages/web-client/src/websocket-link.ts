import { type ErrorData, errorStatus } from '@caughtup/schema/error'
import { type ClientLink, type ClientOptions, ORPCError } from '@orpc/client'

import { abortable } from '@caughtup/schema/abortable'
import { ConnectionLost } from './connection-lost.ts'
import { RpcSocket, type RpcSocketOptions } from './rpc-socket.ts'
import type { CallContext } from './view-context.ts'

/**
 * All calls over one WebSocket, which is opened by the first call that needs it. When it closes,
 * every call on it fails; the next call opens another, so it reopens when a view's schedule says
 * so and never by a timer of its own. Calls wait for a socket that is being opened.
 */
export class WebSocketLink implements ClientLink<CallContext> {
  readonly #options: RpcSocketOptions
  #socket: RpcSocket | undefined

  constructor(options: RpcSocketOptions) {
    this.#options = options
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    options.signal?.throwIfAborted()
    const socket = this.#usable()
    const signal = options.signal ? AbortSignal.any([options.signal, socket.closed]) : socket.closed
    options.signal?.addEventListener(
      'abort',
      ({ target }) => {
        const reason: unknown = target instanceof AbortSignal ? target.reason : undefined
        // A stream heard nothing where something was due: the others on the socket will not either.
        if (reason instanceof ConnectionLost) socket.close(reason)
      },
      { once: true, signal: socket.closed },
    )
    try {
      await abortable(socket.opened, signal)
      return await socket.link.call(path, input, { ...options, signal })
    } catch (error) {
      if (!socket.closed.aborted) throw error
      if (socket.refusedSize && JSON.stringify(input).length > smallInput) throw tooLarge(error)
      throw socket.closed.reason
    }
  }

  close(): void {
    this.#socket?.close(new ConnectionLost('the client was closed'))
  }

  #usable(): RpcSocket {
    if (!this.#socket || this.#socket.closed.aborted) this.#socket = new RpcSocket(this.#options)
    return this.#socket
  }
}

/** In characters: a call that sent no more is not the one that the server found too large. */
const smallInput = 1_024

function tooLarge(cause: unknown): ORPCError<'TOO_LARGE', ErrorData> {
  return new ORPCError('TOO_LARGE', {
    status: errorStatus.TOO_LARGE,
    message: 'The message is larger than the server takes.',
    data: { field: 'body' },
    cause,
  })
}
