import { toFetchResponse } from '@orpc/standard-server-fetch'

import type { HttpAnswer } from './http-answer.ts'
import type { Settings } from '../host/options.ts'
import { readJson } from './read-json.ts'

/**
 * Answers requests under `settings.path`; everything else is not found.
 *
 * Only members of the request are read: some frameworks (Next) hand out a `Proxy` of one, which has
 * no internal state to make another request from.
 */
export function createFetch(
  answer: HttpAnswer,
  { limits }: Settings,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { method, headers, body, signal } = request
    const standard = {
      method,
      url: new URL(request.url),
      headers: Object.fromEntries(headers),
      body: async () => (body ? readJson(body, limits.bodyBytes) : undefined),
      signal,
    }
    return toFetchResponse(await answer(standard, { request }))
  }
}
