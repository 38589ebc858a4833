import { CaughtupError, errorStatus } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'

/** When clients may retry a call that this process cannot take now, in ms: soon, but not in a tight loop. */
export const retryAfter = 1_000

/** The response to a call of an unknown procedure or path. */
export function notFound() {
  const { NOT_FOUND: status } = errorStatus
  const error = new ORPCError('NOT_FOUND', { status, message: 'This procedure does not exist.' })
  return { status, headers: {}, body: { json: error.toJSON() } }
}

export function tooLarge(limit: number): CaughtupError {
  const message = `The request body is larger than ${limit} bytes.`
  return new CaughtupError('TOO_LARGE', message, { field: 'body', limit })
}

/** Clients retry, and reach the next process. */
export function shuttingDown(): CaughtupError {
  return new CaughtupError('UNAVAILABLE', 'The server is shutting down.', {
    reason: 'shutting-down',
    retryAfter,
  })
}
