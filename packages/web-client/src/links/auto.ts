import type { ClientOptions } from '@orpc/client'

import { resolveUrl, type UrlSource } from './endpoint.ts'
import {
  type CallContext,
  type Link,
  type LinkHost,
  NeverConnected,
  type OpenLink,
} from './link.ts'
import { sse, type SseOptions } from './sse.ts'
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
  readonly #sse: OpenLink
  readonly #webSocket: WebSocketLink
  readonly #hasWebSocket: () => boolean
  /** Absent before the first call and after the connection was renewed. */
  #choice: 'sse' | 'websocket' | undefined

  constructor(options: AutoOptions, host: LinkHost) {
    this.#url = options.url
    this.#sse = sse(options)(host)
    this.#webSocket = new WebSocketLink(options, host)
    this.#hasWebSocket = () => (options.WebSocket ?? globalThis.WebSocket) !== undefined
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    this.#choice ??= await this.#choose(options.signal)
    if (this.#choice === 'sse') return this.#sse.call(path, input, options)
    try {
      return await this.#webSocket.call(path, input, options)
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
    const { origin } = await resolveUrl(this.#url, signal)
    return speaksHttp2(origin, timings()) ? 'sse' : 'websocket'
  }
}

/** What a browser reports about a request. */
interface Timing {
  readonly name: string
  readonly nextHopProtocol: string
}

function timings(): Timing[] {
  return ['navigation', 'resource'].flatMap((type) =>
    performance
      .getEntriesByType(type)
      .flatMap((entry) =>
        'nextHopProtocol' in entry && typeof entry.nextHopProtocol === 'string'
          ? [{ name: entry.name, nextHopProtocol: entry.nextHopProtocol }]
          : [],
      ),
  )
}

/**
 * Whether the newest request to the origin with a known protocol used HTTP/2 or 3. Servers of another
 * origin hide the protocol unless they send `timing-allow-origin`.
 */
export function speaksHttp2(origin: string, requests: readonly Timing[]): boolean {
  const newest = requests.findLast(
    ({ name, nextHopProtocol }) =>
      nextHopProtocol !== '' && URL.canParse(name) && new URL(name).origin === origin,
  )
  return newest !== undefined && /^h[23]/.test(newest.nextHopProtocol)
}
