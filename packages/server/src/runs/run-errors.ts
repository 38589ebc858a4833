import { CaughtupError, type Limits, type RunError } from '@caughtup/schema'
import { type Refusal, refusalError } from '@caughtup/store'

import { retryAfter } from '../errors/call-errors.ts'
import { type DescribeError, wordsFor } from '../host/describe-error.ts'

/** The error for a refused run: a full queue names the limit, which the store does not know. */
export function refusedError(sessionId: string, refused: Refusal, limits: Limits): CaughtupError {
  if (refused === 'queue-full') {
    const limit = limits.queuedPerSession
    const words = `it holds at most ${limit} runs (queuedPerSession)`
    return queueFull(`The queue of session ${sessionId} is full: ${words}.`, limit, refused)
  }
  if (refused === 'queue-too-large') {
    const limit = limits.queuedBytesPerSession
    const words = `it holds at most ${limit} bytes (queuedBytesPerSession)`
    return queueFull(`The queue of session ${sessionId} is full: ${words}.`, limit, refused)
  }
  return refusalError(refused, { sessionId })
}

function queueFull(words: string, limit: number, reason: Refusal): CaughtupError {
  return new CaughtupError('LIMIT_EXCEEDED', words, { limit, reason, retryAfter })
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
