import type { ClientOptions } from '@orpc/client'

import { resolveUrl, type UrlSource } from './endpoint.ts'
import { speaksHttp2 } from './http-version.ts'
import {
  type CallContext,
  type Link,
  type LinkHost,
  NeverConnected,
  type OpenLink,
} from './link.ts'
import { SseLink, type SseOptions } from './sse.ts'
import { WebSocketLink, type WebSocketOptions } from './web-socket.ts'

export interface AutoOptions
  extends Pick<SseOptions, 'fetch'>, Pick<WebSocketOptions, 'WebSocket' | 'openTimeout'> {
  /**
   * The RPC endpoint, with its WebSocket at `/ws` below it: `/rpc`, `https://chat.example/rpc`. A
   * function runs before each call over HTTP and each time a socket is opened.
   */
  url: UrlSource
}

/**
 * Uses a WebSocket over HTTP/1.1, where each stream would occupy one of the browser's six connections.
 * Uses server-sent events over HTTP/2 and 3, without a `WebSocket`, and if none can be opened (behind
 * a proxy that refuses upgrades).
 *
 * It sends no headers, because a browser's WebSocket cannot: put credentials in cookies or the URL.
 */
export function auto(options: AutoOptions): Link {
  return (host) => new AutoLink(options, host)
}

class AutoLink implements OpenLink {
  readonly #url: UrlSource
  readonly #sse: SseLink
  readonly #webSocket: WebSocketLink
  readonly #hasWebSocket: () => boolean
  /** Absent before the first call and after the connection was renewed. */
  #choice: 'sse' | 'websocket' | undefined

  constructor(options: AutoOptions, host: LinkHost) {
    this.#url = options.url
    this.#sse = new SseLink(options)
    this.#webSocket = new WebSocketLink(options, host)
    this.#hasWebSocket = () => (options.WebSocket ?? globalThis.WebSocket) !== undefined
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    this.#choice ??= await this.#choose(options.signal)
    if (this.#choice === 'sse' && !(await this.#needsSocket(options))) {
      return this.#sse.call(path, input, options)
    }
    try {
      const output = await this.#webSocket.call(path, input, options)
      if (this.#choice === 'sse') this.#choice = 'websocket'
      return output
    } catch (error) {
      // Nothing was sent, so it is safe to call again. If the server is down, SSE fails too.
      if (!(error instanceof NeverConnected)) throw error
      const output = await this.#sse.call(path, input, options)
      // A socket that was open before may open again: a restarting server answers HTTP first.
      if (!this.#webSocket.hasOpened) this.#choice = 'sse'
      return output
    }
  }

  renew(): void {
    this.#choice = undefined
    this.#webSocket.renew()
  }

  close(): void {
    this.#webSocket.close()
  }

  async #choose(signal: AbortSignal | undefined): Promise<'sse' | 'websocket'> {
    if (!this.#hasWebSocket()) return 'sse'
    return speaksHttp2(await resolveUrl(this.#url, signal)) ? 'sse' : 'websocket'
  }

  /** Whether a stream has no slot as server-sent events: then a WebSocket is tried although none opened. */
  async #needsSocket(options: ClientOptions<CallContext>): Promise<boolean> {
    return this.#hasWebSocket() && (await this.#sse.occupy(options)) !== undefined
  }
}
