import { CaughtupError, preview } from '@caughtup/schema'

import { messageNotFound, runActive, sessionNotFound } from './session-errors.ts'
import type { Guard, Refusal } from '../port/commit.ts'

/** What a refused commit was about. */
export interface RefusedCommit {
  sessionId: string
  messageId?: string | undefined
  guard?: Guard | undefined
}

/** The error for a commit that a session refused. Callers that know more tell a refusal themselves. */
export function refusalError(
  refusal: Refusal,
  { sessionId, messageId, guard }: RefusedCommit,
): CaughtupError {
  const about = (field: string, value: string, words: string) =>
    new CaughtupError('CONFLICT', words, { field, value: preview(value), reason: refusal })
  const session = (words: string) => about('sessionId', sessionId, words)
  const message = (words: string) => about('messageId', messageId ?? '', words)
  switch (refusal) {
    case 'session-missing':
      return sessionNotFound(sessionId)
    case 'message-missing':
      return messageNotFound(messageId ?? '')
    case 'guard-failed':
      return guardFailed(sessionId, guard)
    case 'queue-full':
    case 'queue-too-large':
      return session(`The queue of session ${sessionId} has no room for another prompt.`)
    case 'message-exists':
      return message(`Session ${sessionId} has a message of this id already.`)
    case 'message-gone':
      return message(`Session ${sessionId} had a message of this id, and it was removed.`)
    case 'message-open':
      return session(
        `A message that would be removed from session ${sessionId} is not finished: finish it first.`,
      )
    case 'nothing-to-undo':
      return session(`Session ${sessionId} has no turn to undo.`)
    case 'nothing-to-redo':
      return session(
        `Session ${sessionId} has nothing to redo: nothing was undone, or something came after it.`,
      )
    case 'shown-already':
      return message(`Message ${messageId} is shown already.`)
    case 'counted-already':
      return session(`Session ${sessionId} has counted this usage already.`)
  }
}

function guardFailed(sessionId: string, guard: Guard | undefined): CaughtupError {
  if (guard?.is === 'no-active-run') return runActive(sessionId)
  if (guard?.is === 'run') {
    return new CaughtupError('CONFLICT', `Run ${guard.runId} is no longer the active run.`, {
      reason: 'run-superseded',
    })
  }
  return new CaughtupError('CONFLICT', `Session ${sessionId} has changed meanwhile.`, {
    reason: 'guard-failed',
  })
}
