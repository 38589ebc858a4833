import { CaughtupError, type Limits, type RunError } from '@caughtup/schema'
import type { Refusal } from '@caughtup/store'

import { retryAfter } from '../errors/call-errors.ts'
import { type DescribeError, wordsFor } from '../host/describe-error.ts'

/** The error for a refused run. */
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
        `The queue of session ${sessionId} is full: it holds at most ${queuedPerSession} runs (queuedPerSession).`,
        { limit: queuedPerSession, reason: refused, retryAfter },
      )
    case 'queue-too-large':
      return new CaughtupError(
        'LIMIT_EXCEEDED',
        `The queue of session ${sessionId} is full: it holds at most ${queuedBytesPerSession} bytes (queuedBytesPerSession).`,
        { limit: queuedBytesPerSession, reason: refused, retryAfter },
      )
    case 'guard-failed':
    case 'message-exists':
    case 'message-gone':
    case 'message-missing':
    case 'message-open':
    case 'nothing-to-undo':
    case 'nothing-to-redo':
    case 'counted-already':
      return new CaughtupError(
        'CONFLICT',
        `Session ${sessionId} has changed meanwhile: ${refused}.`,
      )
  }
}

/** Replaces `UNAVAILABLE` for a run that has stopped although its end is not written yet. */
export function stoppedNotWritten(error: unknown): unknown {
  if (!(error instanceof CaughtupError) || error.code !== 'UNAVAILABLE') return error
  const words = 'The run was stopped; its end will be written once the database is available.'
  return new CaughtupError('UNAVAILABLE', words, error.data, { cause: error })
}

/** The error that clients see of a failed run: without details, unless the host supplies them. */
export function toRunError(error: unknown, describeError: DescribeError): RunError {
  const code = error instanceof CaughtupError ? error.code : 'AGENT_FAILED'
  return { code, message: wordsFor(error, describeError) ?? 'The assistant ran into an error.' }
}

/**
 * The error of a write, without its message if that quotes a value: the value comes from the agent and
 * is not meant for clients.
 */
export function withoutValues(error: unknown): unknown {
  return error instanceof CaughtupError && error.code === 'BAD_INPUT'
    ? new Error('The agent yielded a value that cannot be stored.', { cause: error })
    : error
}

/** Whether a write was refused because the run has already ended elsewhere. */
export function isSuperseded(error: unknown): boolean {
  return (
    error instanceof CaughtupError &&
    (error.code === 'NOT_FOUND' || error.data.reason === 'run-superseded')
  )
}
