import { type ErrorCode, type ErrorData, isErrorCode, isPermanent } from '@caughtup/schema/error'
import { ORPCError } from '@orpc/client'

/**
 * A code of the protocol, `INTERNAL` for a 500, `NETWORK` if no answer came, or `CANCELLED` for a prompt that was
 * removed before it was sent.
 */
export type ChatErrorCode = ErrorCode | 'NETWORK' | 'INTERNAL' | 'CANCELLED'

/** An error as a view shows it. */
export interface ViewError {
  code: ChatErrorCode
  message: string
  data: ErrorData
}

/** The error of every call of a view; `cause` is the original one. */
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
 * Any error of a client in one form: the oRPC errors of `client.rpc` (also those that `safe` returns),
 * the errors of views, and those of a link's functions.
 *
 * The code is that of the server's answer, or follows from the status if a proxy answered. `INTERNAL`
 * means that the server gave no more details, `NETWORK` that no answer came.
 */
export function asChatError(error: unknown): ChatClientError {
  if (error instanceof ChatClientError) return error
  return new ChatClientError(toViewError(error), { cause: error })
}

/** The same in the form of a snapshot. */
export function toViewError(error: unknown): ViewError {
  const message = error instanceof Error ? error.message : String(error)
  const data = error instanceof Error && 'data' in error ? errorData(error.data) : {}
  return { code: codeOf(error), message, data }
}

/** Whether a retry without any change can never succeed. */
export function isPermanentError({ code }: { code: ChatErrorCode }): boolean {
  return !isErrorCode(code) ? code === 'CANCELLED' : isPermanent(code)
}

/** Tells errors by their code and not by their class, which a bundle may contain several times. */
function codeOf(error: unknown): ChatErrorCode {
  if (!(error instanceof Error) || !('code' in error)) return 'NETWORK'
  const { code } = error
  if (isErrorCode(code) || isOwnCode(code)) return code
  return error instanceof ORPCError ? codeOfStatus(error.status) : 'NETWORK'
}

function isOwnCode(code: unknown): code is 'NETWORK' | 'INTERNAL' | 'CANCELLED' {
  return code === 'NETWORK' || code === 'INTERNAL' || code === 'CANCELLED'
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

/** The types of the fields of an error's data. */
const dataTypes: Readonly<Record<keyof ErrorData, 'string' | 'number'>> = {
  field: 'string',
  value: 'string',
  limit: 'number',
  reason: 'string',
  retryAfter: 'number',
}

/** The known fields of an error's data that have the right type. */
function errorData(data: unknown): ErrorData {
  const found = new Map(typeof data === 'object' && data !== null ? Object.entries(data) : [])
  return Object.fromEntries(
    Object.entries(dataTypes).flatMap(([key, type]) => {
      const value: unknown = found.get(key)
      const isValid = typeof value === type && (type === 'string' || Number.isFinite(value))
      return isValid ? [[key, value]] : []
    }),
  )
}
