import { CaughtupError, type Limits } from '@caughtup/schema'
import type { Refusal } from '@caughtup/store'

/** Why a session did not take a run. */
export function refusedError(sessionId: string, refused: Refusal, limits: Limits): CaughtupError {
  const { queuedPerSession, queuedBytesPerSession } = limits
  switch (refused) {
    case 'session-missing':
      return new CaughtupError('NOT_FOUND', `There is no session ${sessionId}.`, {
        field: 'sessionId',
        value: sessionId,
      })
    case 'queue-full':
      return new CaughtupError(
        'LIMIT_EXCEEDED',
        `${queuedPerSession} prompts wait in session ${sessionId} already (queuedPerSession).`,
        { limit: queuedPerSession, reason: refused, retryAfter: 1_000 },
      )
    case 'queue-too-large':
      return new CaughtupError(
        'LIMIT_EXCEEDED',
        `With this prompt, more than ${queuedBytesPerSession} bytes would wait in session ${sessionId} (queuedBytesPerSession).`,
        { limit: queuedBytesPerSession, reason: refused, retryAfter: 1_000 },
      )
    case 'guard-failed':
    case 'message-exists':
    case 'message-gone':
    case 'message-missing':
    case 'message-open':
    case 'nothing-to-undo':
    case 'nothing-to-redo':
    case 'counted-already':
      return new CaughtupError('CONFLICT', `Session ${sessionId} took another turn: ${refused}.`)
  }
}

/** Clients try again, and find the next process. */
export function shuttingDown(): CaughtupError {
  return new CaughtupError('UNAVAILABLE', 'The server is shutting down.', {
    reason: 'shutting-down',
    retryAfter: 1_000,
  })
}
