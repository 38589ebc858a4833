import { toFetchResponse } from '@orpc/standard-server-fetch'

import type { Settings } from '../../host/server-options.ts'
import { claimed, type StreamClaim } from '../../procedures/event-iterator.ts'
import { oncePerFrame } from '../../streams/once.ts'
import type { HttpAnswer } from './http-answer.ts'
import { readJson } from './read-json.ts'
import { sseFrame } from './sse-format.ts'
import { streamResponse } from './stream-response.ts'

/**
 * Answers requests under `settings.path` and the paths of mounts, and others with 404.
 *
 * It reads only members of the request, and makes no copy of it: some frameworks (Next) pass a `Proxy`
 * of a request, which cannot be copied.
 */
export function createFetch(
  answer: HttpAnswer,
  { limits }: Settings,
): (request: Request) => Promise<Response> {
  const encode = oncePerFrame((sent) => new TextEncoder().encode(sseFrame(sent)))
  return async (request) => {
    const { method, headers, body, signal } = request
    const standard = {
      method,
      url: new URL(request.url),
      headers: Object.fromEntries(headers),
      body: async (limit = limits.bodyBytes) => (body ? readJson(body, limit) : undefined),
      bytes: body ?? undefined,
      signal,
    }
    const claim: StreamClaim = {}
    const response = await answer(standard, { request, claim })
    const stream = claimed(claim, response.body)
    if (stream) return streamResponse({ ...response, stream, signal, encode })
    const answered = toFetchResponse(response)
    // The caller may be no HTTP server that leaves the body out.
    return method === 'HEAD' ? new Response(null, answered) : answered
  }
}
