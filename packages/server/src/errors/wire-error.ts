import { CaughtupError, type ErrorData, errorStatus, excerpt } from '@caughtup/schema'
import { databaseUnavailable, type OnError, StorageError } from '@caughtup/store'
import { AsyncIteratorClass, ORPCError, ValidationError } from '@orpc/server'

import type { Settings } from '../host/options.ts'

/** When clients try again a call that the database failed, in ms. */
const retryAfter = 1_000

/**
 * The error as clients get it. What nobody planned for is `INTERNAL_SERVER_ERROR` without a word
 * of what it was; `onError` hears of it, and of every database that fails.
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
        return wire(badInput(error))
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
 * Around a whole call: the router maps its own errors, what is left is a request that could not
 * be read.
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

/** What the router does not have, as every transport answers it. */
export function notFound() {
  const { NOT_FOUND: status } = errorStatus
  const error = new ORPCError('NOT_FOUND', { status, message: 'There is no such procedure.' })
  return { status, headers: {}, body: { json: error.toJSON() } }
}

/** The output with its errors mapped: those that a generator throws reach no interceptor. */
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
  // What oRPC's own plugin says of a body.
  if (error instanceof ORPCError) return tooLarge(limit)
  return new CaughtupError('BAD_INPUT', 'The request cannot be read.', {}, { cause: error })
}

export function tooLarge(limit: number): CaughtupError {
  const message = `The request body has more than ${limit} bytes.`
  return new CaughtupError('TOO_LARGE', message, { field: 'body', limit })
}

function wire({ code, message, data, cause }: CaughtupError): ORPCError<string, ErrorData> {
  return new ORPCError(code, { defined: true, status: errorStatus[code], message, data, cause })
}

/** Names the field at fault, where the input's schema found one. */
function badInput(error: ORPCError<string, unknown>): CaughtupError {
  const issue = error.cause instanceof ValidationError ? firstIssue(error.cause.issues) : undefined
  if (!issue || !(error.cause instanceof ValidationError)) {
    return new CaughtupError('BAD_INPUT', 'The request is not well-formed.', {}, { cause: error })
  }
  const path = issue.unknownKey === undefined ? issue.path : [...issue.path, issue.unknownKey]
  const field = path.join('.')
  const value = path.reduce(member, error.cause.data)
  const limit = issue.maximum ?? issue.minimum
  return new CaughtupError('BAD_INPUT', `${field || 'The input'}: ${issue.message}`, {
    ...(field && { field }),
    ...(value !== undefined && { value: excerpt(value) }),
    ...(typeof limit === 'number' && { limit }),
  })
}

interface Issue {
  path: PropertyKey[]
  message: string
  maximum?: unknown
  minimum?: unknown
  /** A member that the input must not have. */
  unknownKey?: string
}

/** The first issue; of a union, that of the alternative that the input came nearest to. */
function firstIssue(issues: readonly unknown[], path: PropertyKey[] = []): Issue | undefined {
  const [issue] = issues
  if (!isRecord(issue)) return undefined
  const at = [...path, ...(Array.isArray(issue['path']) ? issue['path'].map(pathKey) : [])]
  const alternatives = Array.isArray(issue['errors']) ? issue['errors'].filter(Array.isArray) : []
  const [nearest] = alternatives
    .flatMap((alternative) => firstIssue(alternative, at) ?? [])
    .toSorted((a, b) => b.path.length - a.path.length)
  if (nearest) return nearest
  const { message, maximum, minimum, keys } = issue
  const [unknownKey] = Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
  return {
    path: at,
    message: typeof message === 'string' ? message : 'invalid',
    maximum,
    minimum,
    ...(unknownKey !== undefined && { unknownKey }),
  }
}

/** The standard schema's path segments are keys, or objects with one. */
function pathKey(segment: unknown): PropertyKey {
  const key = isRecord(segment) ? segment['key'] : segment
  return typeof key === 'number' || typeof key === 'symbol' ? key : String(key)
}

function member(value: unknown, key: PropertyKey): unknown {
  return isRecord(value) ? Reflect.get(value, key) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
