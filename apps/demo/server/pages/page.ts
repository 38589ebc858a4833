import type { IncomingMessage, ServerResponse } from 'node:http'

import { compress, encodingFor } from './compress.ts'
import { nothing } from './content-security-policy.ts'

/** Answers a request; resolves to false if the request belongs to another page. */
export type Page = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>

export interface Answer {
  status: number
  type: string
  body: string | Uint8Array
  /** @default 'no-cache' */
  cache?: string
  /** The content security policy. @default nothing may be loaded */
  policy?: string
  /** Compresses the body. @default anew for each answer */
  compress?: typeof compress
}

/** Answers with a body, compressed if the client accepts that. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, cache = 'no-cache', policy = nothing, compress: shrink = compress }: Answer,
): Promise<true> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const encoding = encodingFor(request, type, bytes.byteLength)
  const sent = encoding ? await shrink(bytes, encoding) : bytes
  response.writeHead(status, {
    'content-type': type,
    'cache-control': cache,
    'content-length': sent.byteLength,
    ...(encoding && { 'content-encoding': encoding }),
    vary: 'accept-encoding',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : sent)
  return true
}

/**
 * The request's path, decoded but not normalised; `undefined` if it cannot be decoded. Look it up
 * among known names; never join it to a folder.
 */
export function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  const [path = '/'] = url.split('?', 1)
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

export function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}
