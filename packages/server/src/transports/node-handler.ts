import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

import { sendStandardResponse, toStandardLazyRequest } from '@orpc/standard-server-node'

import { type HttpAnswer, isUnder } from './http-answer.ts'
import type { Settings } from '../host/options.ts'
import type { ChatRequest } from '../host/request.ts'
import { readJson } from './read-json.ts'

/** A request as `node:http` and `node:http2` have it; frameworks add members. */
export type NodeRequest = (IncomingMessage | Http2ServerRequest) & {
  /** Where a router cut `url` to what is below its own path. */
  originalUrl?: string
  /** Where a middleware has read it. */
  body?: unknown
}

export type NodeResponse = ServerResponse | Http2ServerResponse

/** `next` takes what is not under the chat server's path; without it that is not found. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: () => void) => void

export function createNodeHandler(answer: HttpAnswer, settings: Settings): NodeHandler {
  const { path, limits, stuckAfter, onError } = settings

  const respond = async (request: NodeRequest, response: NodeResponse) => {
    response.setTimeout(stuckAfter, () => response.destroy())
    const read = async () => request.body ?? readJson(request, limits.bodyBytes)
    const standard = { ...toStandardLazyRequest(request, response), body: read }
    const taken = new Promise<void>((resolve) => response.once('close', () => resolve()))
    const context = { request: chatRequest(request), taken }
    return sendStandardResponse(response, await answer(standard, context))
  }
  return (request, response, next) => {
    if (next && !isUnder(path, target(request))) return next()
    respond(request, response).catch((error: unknown) => {
      // The connection broke while it was written to; its streams are ended by its signal.
      if (!response.destroyed) onError(error, 'answering a request')
      response.destroy()
    })
  }
}

/** A request, or the handshake of a WebSocket, as `principal` gets it. */
export function chatRequest(request: NodeRequest): ChatRequest {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2 has the method and the path among the headers.
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
