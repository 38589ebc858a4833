import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers a request; resolves to false if the request belongs to another page. */
export type Page = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>

export interface Answer {
  status: number
  type: string
  body: string | Uint8Array
  /** @default 'no-cache' */
  cache?: string
}

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, cache = 'no-cache' }: Answer,
): true {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': cache,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
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
