import { StandardRPCHandler } from '@orpc/server/standard'
import type { StandardLazyRequest, StandardResponse } from '@orpc/standard-server'

import type { RequestGuard } from '../../access/request-guard.ts'
import type { AttachmentRequest, AttachmentRoute } from '../../attachments/attachment-route.ts'
import { notFound } from '../../errors/call-errors.ts'
import type { CallContext, ProcedureDeps } from '../../procedures/base.ts'
import type { MountRequest, Mounts } from '../../mounts/mounts.ts'
import type { ChatRouter } from '../../procedures/router.ts'

/** Answers a request over HTTP, in any runtime; a path that is not the chat server's gets a 404. */
export type HttpAnswer = (
  request: StandardLazyRequest & AttachmentRequest & MountRequest,
  context: CallContext,
) => Promise<StandardResponse>

interface HttpAnswerParts extends Pick<ProcedureDeps, 'settings' | 'start' | 'closing'> {
  guard: RequestGuard
  attachments: AttachmentRoute | undefined
  mounts: Mounts
}

export function createHttpAnswer(
  router: ChatRouter,
  { settings, guard, attachments, mounts, start, closing }: HttpAnswerParts,
): HttpAnswer {
  const handler = new StandardRPCHandler(router, { plugins: [guard] })
  const { path } = settings
  // oRPC takes no prefix for the root.
  const prefix = path === '/' ? {} : { prefix: `/${path.slice(1)}` as const }
  const healthPath = `${path === '/' ? '' : path}/health`
  return async (request, context) => {
    if (request.url.pathname === healthPath) {
      start()
      return health(request.method, closing.aborted)
    }
    if (mounts.handles(request.url.pathname)) {
      // A mount pulls the frames of a stream: no transport writes them by itself.
      const { claim: _, ...called } = context
      return mounts.answer(request, called)
    }
    if (attachments?.handles(request)) return attachments.answer(request, context.request)
    const { matched, response } = await handler.handle(request, { ...prefix, context })
    return matched ? response : { ...notFound(), headers: { 'cache-control': 'no-store' } }
  }
}

/** For load balancers: without authorization, and for any host and origin. */
function health(method: string, draining: boolean): StandardResponse {
  const headers = { 'cache-control': 'no-store' }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...headers, allow: 'GET, HEAD' }, body: undefined }
  }
  const body = { status: draining ? 'draining' : 'ok' }
  return { status: draining ? 503 : 200, headers, body: method === 'HEAD' ? undefined : body }
}
