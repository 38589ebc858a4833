import type { ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'

import type { CallContext } from './view-context.ts'

/** Static headers, or a function asked before each call. */
export type HeadersSource =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>)

/** Calls over HTTP, streams as server-sent events. Every chunk of a stream is reported. */
export function sseLink(
  url: URL,
  headers: HeadersSource,
  fetch: typeof globalThis.fetch,
): ClientLink<CallContext> {
  return new RPCLink<CallContext>({
    url,
    headers,
    async fetch(request, init, { context }) {
      const response = await fetch(request, init)
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
