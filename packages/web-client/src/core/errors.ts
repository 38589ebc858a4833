import { type ErrorCode, type ErrorData, isErrorCode, isPermanent } from '@caughtup/schema/error'
import { ORPCError } from '@orpc/client'

/** A code of the protocol, or `NETWORK` where no answer came, or `INTERNAL` for a 500. */
export type ChatErrorCode = ErrorCode | 'NETWORK' | 'INTERNAL'

/** An error as a view shows it. */
export interface ViewError {
  code: ChatErrorCode
  message: string
  data: ErrorData
}

/** What a view's calls reject with; `cause` is the error beneath. */
export class ChatClientError extends Error implements ViewError {
  override readonly name = 'ChatClientError'
  readonly code: ChatErrorCode
  readonly data: ErrorData

  constructor(
    { code, message, data = {} }: { code: ChatErrorCode; message: string; data?: ErrorData },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.data = data
  }
}

/**
 * Whatever a call threw, told in one way: what `client.rpc` rejects with (oRPC's error, also as
 * `safe` returns it), what views and `send` reject with, what a link's functions throw.
 *
 * A server's answer has its code, also one that a proxy made of a bare status; `INTERNAL` is an
 * answer of the server without any more to say, `NETWORK` means that none came.
 */
export function asChatError(error: unknown): ChatClientError {
  if (error instanceof ChatClientError) return error
  return new ChatClientError(toViewError(error), { cause: error })
}

/** The same as a snapshot shows it. */
export function toViewError(error: unknown): ViewError {
  const message = error instanceof Error ? error.message : String(error)
  const data = error instanceof Error && 'data' in error ? errorData(error.data) : {}
  return { code: codeOf(error), message, data }
}

/** Whether trying again without changing anything can never help. */
export function isPermanentError({ code }: { code: ChatErrorCode }): boolean {
  return code !== 'NETWORK' && code !== 'INTERNAL' && isPermanent(code)
}

/** By its code and not by its class, of which a bundle may hold several copies. */
function codeOf(error: unknown): ChatErrorCode {
  if (!(error instanceof Error) || !('code' in error)) return 'NETWORK'
  const { code } = error
  if (isErrorCode(code) || code === 'NETWORK' || code === 'INTERNAL') return code
  return error instanceof ORPCError ? codeOfStatus(error.status) : 'NETWORK'
}

function codeOfStatus(status: number): ChatErrorCode {
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
