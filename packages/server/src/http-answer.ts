import { StandardRPCHandler } from '@orpc/server/standard'
import type { StandardLazyRequest, StandardResponse } from '@orpc/standard-server'

import { notFound } from './error-interceptor.ts'
import type { Guard } from './guard.ts'
import type { Settings } from './options.ts'
import type { ChatContext } from './procedures.ts'
import type { ChatRouter } from './router.ts'

/** Answers a request over HTTP, whatever the runtime: what is not under `settings.path` is not found. */
export type HttpAnswer = (
  request: StandardLazyRequest,
  context: ChatContext,
) => Promise<StandardResponse>

export function createHttpAnswer(
  router: ChatRouter,
  { settings, guard }: { settings: Settings; guard: Guard },
): HttpAnswer {
  const handler = new StandardRPCHandler(router, { plugins: [guard] })
  const { path } = settings
  // oRPC wants no prefix where it serves the root.
  const prefix = path === '/' ? {} : { prefix: `/${path.slice(1)}` as const }
  return async (request, context) => {
    const { matched, response } = await handler.handle(request, { ...prefix, context })
    return matched ? response : { ...notFound(), headers: { 'cache-control': 'no-store' } }
  }
}

/** @param target path and query of a request */
export function isUnder(path: string, target: string): boolean {
  const [pathname = ''] = target.split('?', 1)
  return pathname === path || pathname.startsWith(path === '/' ? '/' : `${path}/`)
}
