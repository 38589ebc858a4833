import { abortable } from '@caughtup/schema/abortable'
import { RPCLink } from '@orpc/client/fetch'

import { resolveUrl, type UrlSource } from './endpoint.ts'
import { type CallContext, type Link, protocolHeaders } from './link.ts'

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
 * HTTP/1.1 each stream occupies one of the browser's six connections to an origin.
 *
 * If `url` or `headers` throws, that counts as a lost connection, so views retry; a `ChatClientError`
 * with a permanent code makes them fail instead.
 */
export function sse({ url, headers = {}, fetch }: SseOptions): Link {
  return () =>
    new RPCLink<CallContext>({
      url: ({ signal }) => resolveUrl(url, signal),
      headers: async ({ signal }) => {
        const own =
          typeof headers === 'function'
            ? await abortable(Promise.resolve().then(headers), signal)
            : headers
        return { ...own, ...protocolHeaders }
      },
      async fetch(request, init, { context }) {
        // The browser's fetch throws when it is called as a method of another object.
        const response = await (fetch ?? globalThis.fetch)(request, init)
        return context.onBytes ? observed(response, context.onBytes, request.signal) : response
      },
    })
}

/**
 * The response; `onBytes` hears of each chunk of its body. Keep-alive comments count as signs of life,
 * and only this layer sees them.
 */
function observed(
  response: Response,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Response {
  onBytes(0)
  if (!response.body) return response
  const observer = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      onBytes(chunk.byteLength)
      controller.enqueue(chunk)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(observer, { signal }), {
    status,
    statusText,
    headers,
  })
}
