import { CaughtupError, errorStatus, preview } from '@caughtup/schema'
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

/** Also for a session that the caller may not see, or may not do this to. */
export function sessionNotFound(sessionId: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `There is no session ${preview(sessionId)}.`, {
    field: 'sessionId',
    value: preview(sessionId),
  })
}

/** Clients retry, and reach the next process. */
export function shuttingDown(): CaughtupError {
  return new CaughtupError('UNAVAILABLE', 'The server is shutting down.', {
    reason: 'shutting-down',
    retryAfter,
  })
}

export function isShuttingDown(error: unknown): boolean {
  return error instanceof CaughtupError && error.data.reason === 'shutting-down'
}
