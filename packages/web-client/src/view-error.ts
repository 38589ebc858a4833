import { type ErrorData, isErrorCode, isPermanent } from '@caughtup/schema/error'
import { ORPCError } from '@orpc/client'

import type { ViewError } from './session-snapshot.ts'

/** What a view's calls reject with; `cause` is the error beneath. */
export class ChatClientError extends Error implements ViewError {
  override readonly name = 'ChatClientError'
  readonly code: ViewError['code']
  readonly data: ErrorData

  constructor({ code, message, data }: ViewError, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.data = data
  }
}

/**
 * Any failure of a call or a stream, as the protocol names it. An HTTP status, also one that a
 * proxy sent, and an error inside a stream both arrive as `ORPCError`; everything else means that
 * no answer came.
 */
export function toViewError(error: unknown): ViewError {
  if (error instanceof ChatClientError) {
    return { code: error.code, message: error.message, data: error.data }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof ORPCError)) return { code: 'NETWORK', message, data: {} }
  const code = isErrorCode(error.code) ? error.code : codeOfStatus(error.status)
  return { code, message, data: errorData(error.data) }
}

/** Whether trying again without changing anything can never help. */
export function isPermanentError({ code }: ViewError): boolean {
  return code !== 'NETWORK' && code !== 'INTERNAL' && isPermanent(code)
}

function codeOfStatus(status: number): ViewError['code'] {
  switch (status) {
    case 401:
    case 403:
      return 'UNAUTHORIZED'
    case 404:
    case 410:
      return 'NOT_FOUND'
    case 409:
      return 'CONFLICT'
    case 413:
      return 'TOO_LARGE'
    case 429:
      return 'LIMIT_EXCEEDED'
    case 408:
    case 502:
    case 503:
    case 504:
      return 'UNAVAILABLE'
    default:
      return status >= 400 && status < 500 ? 'BAD_INPUT' : 'INTERNAL'
  }
}

/** The known fields of what came with an error, where they have their type. */
function errorData(data: unknown): ErrorData {
  const found = new Map(typeof data === 'object' && data !== null ? Object.entries(data) : [])
  const text = (key: string) => {
    const value: unknown = found.get(key)
    return typeof value === 'string' ? value : undefined
  }
  const number = (key: string) => {
    const value: unknown = found.get(key)
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  const [field, value, reason] = [text('field'), text('value'), text('reason')]
  const [limit, retryAfter] = [number('limit'), number('retryAfter')]
  return {
    ...(field !== undefined && { field }),
    ...(value !== undefined && { value }),
    ...(limit !== undefined && { limit }),
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}
