import { CaughtupError, errorStatus } from '@caughtup/schema'
import { ORPCError } from '@orpc/server'

/** What the router does not have, as every transport answers it. */
export function notFound() {
  const { NOT_FOUND: status } = errorStatus
  const error = new ORPCError('NOT_FOUND', { status, message: 'There is no such procedure.' })
  return { status, headers: {}, body: { json: error.toJSON() } }
}

export function tooLarge(limit: number): CaughtupError {
  const message = `The request body has more than ${limit} bytes.`
  return new CaughtupError('TOO_LARGE', message, { field: 'body', limit })
}

/** Clients try again, and find the next process. */
export function shuttingDown(): CaughtupError {
  return new CaughtupError('UNAVAILABLE', 'The server is shutting down.', {
    reason: 'shutting-down',
    retryAfter: 1_000,
  })
}
