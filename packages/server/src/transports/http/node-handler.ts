import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

import { sendStandardResponse, toStandardLazyRequest } from '@orpc/standard-server-node'

import { isUnder, normalisePath } from '../../host/mount.ts'
import type { Settings } from '../../host/server-options.ts'
import type { ChatRequest } from '../../host/principal.ts'
import { claimed, type StreamClaim } from '../../procedures/event-iterator.ts'
import type { HttpAnswer } from './http-answer.ts'
import { readJson } from './read-json.ts'
import { beginResponse, responseEncodings } from './response-outlet.ts'

/** A request of `node:http` or `node:http2`, with members that frameworks add. */
export type NodeRequest = (IncomingMessage | Http2ServerRequest) & {
  /** Set by routers that strip their own path from `url`. */
  originalUrl?: string
  /** Set by middleware that has read the body. */
  body?: unknown
}

export type NodeResponse = ServerResponse | Http2ServerResponse

/** `next` handles paths outside of the chat server's; without it they get a 404. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: () => void) => void

export function createNodeHandler(answer: HttpAnswer, settings: Settings): NodeHandler {
  const { limits, stuckAfter, onError } = settings
  const paths = [settings, ...settings.mounts].map(({ path }) => normalisePath(path))
  const encodings = responseEncodings()

  const respond = async (request: NodeRequest, response: NodeResponse) => {
    response.setTimeout(stuckAfter, () => response.destroy())
    const read = async (limit = limits.bodyBytes) => request.body ?? readJson(request, limit)
    const standard = { ...toStandardLazyRequest(request, response), body: read, bytes: request }
    const taken = new Promise<void>((resolve) => response.once('close', () => resolve()))
    const claim: StreamClaim = {}
    const context = { request: chatRequest(request), taken, claim }
    const { status, headers, body } = await answer(standard, context)
    const stream = claimed(claim, body)
    if (!stream) return sendStandardResponse(response, { status, headers, body })
    if (response.destroyed) return stream.gone()
    beginResponse(response, { stream, status, headers, encodings, stuckAfter })
  }
  return (request, response, next) => {
    if (next && !paths.some((path) => isUnder(path, target(request)))) return next()
    respond(request, response).catch((error: unknown) => {
      // A broken connection is not an error; its signal ends its streams.
      if (!response.destroyed) onError(error, 'answering a request')
      response.destroy()
    })
  }
}

/** Converts a request, or a WebSocket's handshake, to what the host's `principal` gets. */
export function chatRequest(request: NodeRequest): ChatRequest {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2 lists the method and the path among the headers.
    if (name.startsWith(':')) continue
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      headers.append(name, one)
    }
  }
  const { localAddress } = request.socket
  return { headers, url: target(request), ...(localAddress !== undefined && { localAddress }) }
}

function target({ originalUrl, url }: NodeRequest): string {
  return originalUrl ?? url ?? '/'
}
