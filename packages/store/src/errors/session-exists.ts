import { CaughtupError, preview } from '@caughtup/schema'

/** For the id of a new session that another one has, shown or not. */
export function sessionExists(sessionId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `A session ${preview(sessionId)} exists already.`, {
    field: 'id',
    value: preview(sessionId),
    reason: 'session-exists',
  })
}
