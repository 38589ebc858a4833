import { CaughtupError, preview } from '@caughtup/schema'

/** Also for a session that the caller is not a member of. */
export function sessionNotFound(sessionId: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `There is no session ${preview(sessionId)}.`, {
    field: 'sessionId',
    value: preview(sessionId),
  })
}

/** For a new session whose id is in use, also by a hidden one. */
export function sessionExists(sessionId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Session ${preview(sessionId)} already exists.`, {
    field: 'sessionId',
    value: preview(sessionId),
    reason: 'session-exists',
  })
}

/** For a reader that has entries which the database has lost: what comes now does not follow from them. */
export function entriesLost(sessionId: string): CaughtupError {
  return new CaughtupError(
    'UNAVAILABLE',
    `The database has lost entries of session ${preview(sessionId)} that were read: read it anew.`,
    { field: 'sessionId', value: preview(sessionId), reason: 'entries-lost' },
  )
}

/** For a copy of a session that continues while somebody writes to it. */
export function sessionChanged(sessionId: string): CaughtupError {
  return new CaughtupError('CONFLICT', `Session ${sessionId} was written to while it was copied.`, {
    field: 'sessionId',
    value: preview(sessionId),
    reason: 'session-changed',
  })
}

/** Also for a message that was removed, or that is of an older epoch or not finished where that matters. */
export function messageNotFound(messageId: string): CaughtupError {
  return new CaughtupError(
    'NOT_FOUND',
    `There is no message ${preview(messageId)} that can be changed.`,
    { field: 'messageId', value: preview(messageId) },
  )
}

/** For a change of history during a run. */
export function runActive(sessionId: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `A run is active in session ${sessionId}: interrupt the run first.`,
    { field: 'sessionId', value: preview(sessionId), reason: 'run-active' },
  )
}
