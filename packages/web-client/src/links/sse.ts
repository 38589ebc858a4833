import { abortable } from '@caughtup/schema/abortable'
import { RPCLink } from '@orpc/client/fetch'

import { resolveUrl, type UrlSource } from './endpoint.ts'
import type { CallContext, Link } from './link.ts'

/** Headers, or a function that is asked for them before each call. */
export type HeadersSource =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>)

export interface SseOptions {
  /** The RPC endpoint: `/rpc`, `https://chat.example/rpc`; a function is asked before each call. */
  url: UrlSource
  /** Sent with every call; a function is asked before each. @default none */
  headers?: HeadersSource
  /** Makes the requests. @default the platform's */
  fetch?: (request: Request, init?: RequestInit) => Promise<Response>
}

/**
 * Calls over HTTP, streams as server-sent events: works everywhere and takes headers, but over
 * HTTP/1.1 a browser has six connections per origin, and each stream takes one.
 *
 * What `url` or `headers` throws counts as a lost connection, so that views try again; a
 * `ChatClientError` of a permanent code ends their attempts.
 */
export function sse({ url, headers = {}, fetch }: SseOptions): Link {
  return () =>
    new RPCLink<CallContext>({
      url: ({ signal }) => resolveUrl(url, signal),
      headers: ({ signal }) =>
        typeof headers === 'function'
          ? abortable(Promise.resolve().then(headers), signal)
          : headers,
      async fetch(request, init, { context }) {
        // Called as a method of the options, the browser's fetch would refuse.
        const response = await (fetch ?? globalThis.fetch)(request, init)
        return context.onBytes ? observed(response, context.onBytes, request.signal) : response
      },
    })
}

/**
 * The response, with each chunk of its body told to `onBytes`: keep-alive comments are bytes too,
 * and nothing above this sees them.
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
