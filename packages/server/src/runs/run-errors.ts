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

/** Why the end of a run that was stopped is not written yet, in words that do not deny the stop. */
export function stoppedNotWritten(error: unknown): unknown {
  if (!(error instanceof CaughtupError) || error.code !== 'UNAVAILABLE') return error
  const words = 'The run was stopped; its end is written as soon as the database takes it.'
  return new CaughtupError('UNAVAILABLE', words, error.data, { cause: error })
}

/** Clients try again, and find the next process. */
export function shuttingDown(): CaughtupError {
  return new CaughtupError('UNAVAILABLE', 'The server is shutting down.', {
    reason: 'shutting-down',
    retryAfter: 1_000,
  })
}
