import { CaughtupError, type Limits, type RunError } from '@caughtup/schema'
import type { Refusal } from '@caughtup/store'

import { type DescribeError, wordsFor } from '../host/describe-error.ts'

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

/** What clients may know of a failed run: what the host says on purpose, else nothing. */
export function toRunError(error: unknown, describeError: DescribeError): RunError {
  const code = error instanceof CaughtupError ? error.code : 'AGENT_FAILED'
  return { code, message: wordsFor(error, describeError) ?? 'The assistant ran into an error.' }
}

/**
 * What a write failed of, without its words where they show a value: it is the agent's, and nobody
 * meant it for clients.
 */
export function withoutValues(error: unknown): unknown {
  return error instanceof CaughtupError && error.code === 'BAD_INPUT'
    ? new Error('The agent gave something that cannot be stored.', { cause: error })
    : error
}

/** Whether a write was refused because the run is over for everyone else. */
export function isSuperseded(error: unknown): boolean {
  return (
    error instanceof CaughtupError &&
    (error.code === 'NOT_FOUND' || error.data.reason === 'run-superseded')
  )
}
