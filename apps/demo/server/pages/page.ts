import type { IncomingMessage, ServerResponse } from 'node:http'

/** Answers a request, or says that it is not its own. */
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
 * The path that a request asks for, decoded and otherwise as it was sent; `undefined` where it
 * cannot be decoded. It is to be looked up among known names, never joined to a folder.
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
