import { BodyLimitPlugin, RPCHandler } from '@orpc/server/fetch'

import { notFound } from './error-interceptor.ts'
import { httpOptions } from './http-options.ts'
import type { Settings } from './options.ts'
import type { ChatContext } from './procedures.ts'
import type { ChatRouter } from './router.ts'

/** Answers requests under `settings.path`; everything else is not found. */
export function createFetch(
  router: ChatRouter,
  settings: Settings,
): (request: Request) => Promise<Response> {
  const { plugins, ...options } = httpOptions(settings)
  const bodyLimit = new BodyLimitPlugin<ChatContext>({ maxBodySize: settings.limits.bodyBytes })
  const handler = new RPCHandler(router, { ...options, plugins: [...plugins, bodyLimit] })
  return async (request) => {
    const { matched, response } = await handler.handle(request, {
      ...prefixOf(settings.path),
      context: { request },
    })
    if (matched) return response
    const { status, body } = notFound()
    return Response.json(body, { status })
  }
}

/** oRPC wants no prefix where it serves the root. */
export function prefixOf(path: string): { prefix?: `/${string}` } {
  return path === '/' ? {} : { prefix: `/${path.slice(1)}` }
}
