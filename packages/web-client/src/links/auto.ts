import type { ClientOptions } from '@orpc/client'

import {
  type CallContext,
  type Link,
  type LinkHost,
  NeverConnected,
  type OpenLink,
} from './link.ts'
import { resolveUrl, type UrlSource } from './endpoint.ts'
import { sse, type SseOptions } from './sse.ts'
import { WebSocketLink, type WebSocketOptions } from './web-socket.ts'

export interface AutoOptions
  extends Pick<SseOptions, 'fetch'>, Pick<WebSocketOptions, 'WebSocket' | 'openTimeout'> {
  /**
   * The RPC endpoint, whose WebSocket is at `/ws` below it: `/rpc`, `https://chat.example/rpc`. A
   * function is asked before each call over HTTP and each time a socket is opened.
   */
  url: UrlSource
}

/**
 * A WebSocket where a browser would spend one of its six HTTP/1.1 connections on each stream;
 * server-sent events where HTTP/2 or 3 carries any number of streams, where there is no WebSocket,
 * and where none can be opened (a proxy that refuses upgrades).
 *
 * It has no headers, because a WebSocket has none: credentials are cookies, or in the URL.
 */
export function auto(options: AutoOptions): Link {
  return (host) => new AutoLink(options, host)
}

class AutoLink implements OpenLink {
  readonly #url: UrlSource
  readonly #sse: OpenLink
  readonly #webSocket: WebSocketLink
  readonly #hasWebSocket: () => boolean
  /** What was found out; nothing yet, or not since the connection was renewed. */
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
      // Nothing was sent. Where the server is down the other way fails too, with its own error.
      if (!(error instanceof NeverConnected)) throw error
      const output = await this.#sse.call(path, input, options)
      // A socket that opened before may open again: a server that restarts answers HTTP first.
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

/** What a browser tells of a request that it made. */
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
 * Whether the newest request to the origin of which the protocol is told went over HTTP/2 or 3.
 * A server of another origin hides it, unless it sends `timing-allow-origin`.
 */
export function speaksHttp2(origin: string, requests: readonly Timing[]): boolean {
  const told = requests.findLast(
    ({ name, nextHopProtocol }) =>
      nextHopProtocol !== '' && URL.canParse(name) && new URL(name).origin === origin,
  )
  return told !== undefined && /^h[23]/.test(told.nextHopProtocol)
}
