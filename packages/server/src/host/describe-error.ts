import { CaughtupError, type RunError } from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

/** Words for clients about what a host's code failed of; `undefined` for neutral ones. */
export type DescribeError = (error: unknown) => string | undefined

const runFailed = 'The assistant ran into an error.'
const toolFailed = 'The tool failed.'

/** What clients may know of a failed run: what the host says on purpose, else nothing. */
export function toRunError(error: unknown, describeError: DescribeError): RunError {
  const code = error instanceof CaughtupError ? error.code : 'AGENT_FAILED'
  return { code, message: wordsFor(error, describeError) ?? runFailed }
}

/** The same for a tool call. A model reads it too. */
export function toolErrorText(error: unknown, describeError: DescribeError): string {
  return wordsFor(error, describeError) ?? toolFailed
}

function wordsFor(error: unknown, describeError: DescribeError): string | undefined {
  return describeError(error) ?? (error instanceof CaughtupError ? error.message : undefined)
}

/** The host's, so that one that fails or gives no words does no harm. */
export function carefulDescribe(
  describeError: DescribeError | undefined,
  onError: OnError,
): DescribeError {
  return (error) => {
    try {
      const words: unknown = describeError?.(error)
      return typeof words === 'string' && words !== '' ? words : undefined
    } catch (failure) {
      onError(failure, 'describeError')
      return undefined
    }
  }
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
