import { CaughtupError, preview } from '@caughtup/schema'

import { sessionNotFound } from './session-not-found.ts'
import type { Refusal } from '../port/commit.ts'

/** Why a session's history was not changed; `messageId` is what the change was about. */
export function refusedChange(
  refusal: Refusal,
  { sessionId, messageId = '' }: { sessionId: string; messageId?: string },
): CaughtupError {
  const session = { field: 'sessionId', value: preview(sessionId), reason: refusal }
  const message = { field: 'messageId', value: preview(messageId) }
  switch (refusal) {
    case 'session-missing':
      return sessionNotFound(sessionId)
    case 'message-missing':
      return messageNotFound(messageId)
    case 'guard-failed':
    case 'queue-full':
    case 'queue-too-large':
      return runActive(sessionId)
    case 'message-open':
      return new CaughtupError(
        'CONFLICT',
        `A message that would be removed from session ${sessionId} is not finished: finish it first.`,
        session,
      )
    case 'nothing-to-undo':
      return new CaughtupError('CONFLICT', `Session ${sessionId} has no turn to undo.`, session)
    case 'nothing-to-redo':
      return new CaughtupError(
        'CONFLICT',
        `Session ${sessionId} has nothing to redo: nothing was undone, or something came after it.`,
        session,
      )
    case 'message-exists':
    case 'message-gone':
    case 'counted-already':
      return new CaughtupError('CONFLICT', `Session ${sessionId} has that already.`, {
        ...message,
        reason: refusal,
      })
  }
}

/** Also for a message that was removed, or that only a finished one can stand for. */
export function messageNotFound(messageId: string): CaughtupError {
  return new CaughtupError(
    'NOT_FOUND',
    `There is no such message to change: ${preview(messageId)}.`,
    {
      field: 'messageId',
      value: preview(messageId),
    },
  )
}

export function runActive(sessionId: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `A run is active in session ${sessionId}: interrupt the run first.`,
    { field: 'sessionId', value: preview(sessionId), reason: 'run-active' },
  )
}
