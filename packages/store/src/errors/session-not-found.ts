import { CaughtupError, preview } from '@caughtup/schema'

/** Also for what exists and is not the caller's. */
export function sessionNotFound(sessionId: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `There is no session ${preview(sessionId)}.`, {
    field: 'sessionId',
    value: preview(sessionId),
  })
}
