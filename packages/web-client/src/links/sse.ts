import { abortable } from '@caughtup/schema/abortable'
import type { ClientOptions } from '@orpc/client'
import { StandardLink, type StandardLinkClient } from '@orpc/client/standard'

import { resolveUrl, type UrlSource } from './endpoint.ts'
import { framesOf } from './event-stream-body.ts'
import { jsonCodec } from './json-codec.ts'
import type { CallContext, Link, OpenLink } from './link.ts'
import { noSlot, slotsOf, type StreamSlots } from './stream-slots.ts'

/** Headers, or a function that is called for them before each call. */
export type HeadersSource =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>)

export interface SseOptions {
  /** The RPC endpoint: `/rpc`, `https://chat.example/rpc`. A function runs before each call. */
  url: UrlSource
  /** Sent with every call; a function runs before each. @default none */
  headers?: HeadersSource
  /** Makes the requests. @default the platform's */
  fetch?: (request: Request, init?: RequestInit) => Promise<Response>
}

/**
 * Calls over HTTP, streams as server-sent events. It works everywhere and can send headers, but over
 * HTTP/1.1 each stream occupies one of the browser's six connections to an origin. Four of them are
 * used for streams, by all tabs together; the view of a further stream says that it is `waiting`.
 *
 * If `url` or `headers` throws, that counts as a lost connection, so views retry; a `ChatClientError`
 * with a permanent code makes them fail instead.
 */
export function sse(options: SseOptions): Link {
  return () => new SseLink(options)
}

export class SseLink implements OpenLink {
  readonly #url: UrlSource
  readonly #link: StandardLink<CallContext>
  /** The signals of the streams that may be opened, because they have a slot or need none. */
  readonly #admitted = new WeakSet<AbortSignal>()

  constructor({ url, headers = {}, fetch }: SseOptions) {
    this.#url = url
    const codec = jsonCodec({
      url: (signal) => resolveUrl(url, signal),
      headers: async (signal) =>
        typeof headers === 'function'
          ? abortable(Promise.resolve().then(headers), signal)
          : headers,
    })
    this.#link = new StandardLink(codec, httpSender(fetch))
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<CallContext>,
  ): Promise<unknown> {
    const { signal, context } = options
    const occupied = await this.occupy(options)
    if (signal && occupied) {
      context.onWaiting?.(noSlot())
      await occupied.wait(signal)
      context.onWaiting?.()
    }
    return this.#link.call(path, input, options)
  }

  /** Takes a slot for a stream that needs one. Returns the slots if none of them is free. */
  async occupy({ signal, context }: ClientOptions<CallContext>): Promise<StreamSlots | undefined> {
    if (!signal || !context.onWaiting || this.#admitted.has(signal)) return undefined
    const slots = slotsOf(await resolveUrl(this.#url, signal))
    const isAdmitted = !slots || (await slots.take(signal))
    signal.throwIfAborted()
    if (!isAdmitted) return slots
    this.#admitted.add(signal)
    return undefined
  }
}

/**
 * One request for each call. It takes and returns JSON and event streams only; oRPC's own would also
 * carry files and forms, and streams to the server.
 */
function httpSender(fetch: SseOptions['fetch']): StandardLinkClient<CallContext> {
  return {
    async call({ url, method, headers, body, signal }, { context: { onBytes } }) {
      const request = new Request(url, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect leads to a page and not to procedures.
        redirect: 'manual',
        ...(signal && { signal }),
      })
      // The browser's fetch throws when it is called as a method of another object.
      const response = await (fetch ?? globalThis.fetch)(request)
      onBytes?.(0)
      return {
        status: response.status,
        headers: {},
        async body() {
          const type = response.headers.get('content-type') ?? ''
          if (type.startsWith('text/event-stream') && response.body) {
            return framesOf(response.body, onBytes)
          }
          const text = await response.text()
          return type.startsWith('application/json') ? JSON.parse(text) : undefined
        },
      }
    },
  }
}
