import { CaughtupError, type ErrorData, errorStatus } from '@caughtup/schema'
import { databaseUnavailable, type OnError, StorageError } from '@caughtup/store'
import { AsyncIteratorClass, ORPCError } from '@orpc/server'

import type { Settings } from '../host/server-options.ts'
import { retryAfter, tooLarge } from './call-errors.ts'
import { inputError } from './input-error.ts'

/**
 * The error as clients get it. An unexpected one becomes `INTERNAL_SERVER_ERROR` without any detail;
 * `onError` gets it, and every failure of the database.
 */
export function toWireError(
  error: unknown,
  where: string,
  onError: OnError,
): ORPCError<string, unknown> {
  if (error instanceof CaughtupError) return wire(error)
  if (error instanceof StorageError && error.failure !== 'corrupt') {
    onError(error, where)
    return wire(databaseUnavailable(error, retryAfter))
  }
  if (error instanceof ORPCError) {
    switch (error.code) {
      case 'BAD_REQUEST':
        return wire(inputError(error))
      case 'INTERNAL_SERVER_ERROR':
        break
      default:
        return error
    }
  }
  onError(error, where)
  return new ORPCError('INTERNAL_SERVER_ERROR', { cause: error })
}

/**
 * Wraps a whole call. The router maps its own errors, so any other one means that the request could
 * not be read.
 */
export async function mapReadErrors<T>(
  call: () => Promise<T>,
  { limits, onError }: Pick<Settings, 'limits' | 'onError'>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ORPCError && error.code !== 'PAYLOAD_TOO_LARGE') throw error
    throw toWireError(unreadable(error, limits.bodyBytes), 'reading a request', onError)
  }
}

/** Maps the errors of an iterator, because errors thrown by a generator reach no interceptor. */
export function mapIteratorErrors<T>(
  iterator: AsyncIteratorObject<T, unknown, void>,
  map: (error: unknown) => unknown,
): AsyncIteratorObject<T, unknown, void> {
  return new AsyncIteratorClass(
    async () => {
      try {
        return await iterator.next()
      } catch (error) {
        throw map(error)
      }
    },
    async (reason) => {
      if (reason !== 'next') await iterator.return?.()
    },
  )
}

function unreadable(error: unknown, limit: number): CaughtupError {
  if (error instanceof CaughtupError) return error
  // `PAYLOAD_TOO_LARGE` of oRPC's own body limit.
  if (error instanceof ORPCError) return tooLarge(limit)
  return new CaughtupError('BAD_INPUT', 'The request cannot be read.', {}, { cause: error })
}

function wire({ code, message, data, cause }: CaughtupError): ORPCError<string, ErrorData> {
  return new ORPCError(code, { defined: true, status: errorStatus[code], message, data, cause })
}
