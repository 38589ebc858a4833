import { CaughtupError, preview } from '@caughtup/schema'
import { type ORPCError, ValidationError } from '@orpc/server'

/** Describes input that does not match its schema: names the field, its value and the limit, if known. */
export function inputError(error: ORPCError<string, unknown>): CaughtupError {
  const issue = error.cause instanceof ValidationError ? firstIssue(error.cause.issues) : undefined
  if (!issue || !(error.cause instanceof ValidationError)) {
    return new CaughtupError('BAD_INPUT', 'The request is malformed.', {}, { cause: error })
  }
  const path = issue.unknownKey === undefined ? issue.path : [...issue.path, issue.unknownKey]
  const field = path.join('.')
  const value = path.reduce(member, error.cause.data)
  const limit = issue.maximum ?? issue.minimum
  return new CaughtupError('BAD_INPUT', `${field || 'The input'}: ${issue.message}`, {
    ...(field && { field }),
    ...(value !== undefined && { value: preview(value) }),
    ...(typeof limit === 'number' && { limit }),
  })
}

interface Issue {
  path: PropertyKey[]
  message: string
  maximum?: unknown
  minimum?: unknown
  /** A member that the schema does not allow. */
  unknownKey?: string
}

/**
 * The first issue; for a union, the one of the alternative that the input matches best: the deepest, and
 * of those the one with the fewest issues.
 */
function firstIssue(issues: readonly unknown[], path: PropertyKey[] = []): Issue | undefined {
  const [issue] = issues
  if (!isRecord(issue)) return undefined
  const at = [...path, ...(Array.isArray(issue['path']) ? issue['path'].map(pathKey) : [])]
  const alternatives = Array.isArray(issue['errors']) ? issue['errors'].filter(Array.isArray) : []
  const [nearest] = alternatives
    .flatMap((each) => {
      const first = firstIssue(each, at)
      return first ? { first, count: each.length } : []
    })
    .toSorted((a, b) => b.first.path.length - a.first.path.length || a.count - b.count)
  if (nearest) return nearest.first
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

/** A path segment of a standard schema is a key or an object with a `key`. */
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
