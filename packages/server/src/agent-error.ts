import { CaughtupError, type RunError } from '@caughtup/schema'

/** What clients may know of a failed run: a `CaughtupError`'s own words, of others only that. */
export function toRunError(error: unknown): RunError {
  return error instanceof CaughtupError
    ? { code: error.code, message: error.message }
    : { code: 'AGENT_FAILED', message: 'The assistant ran into an error.' }
}

/** Whether a write was refused because the run is over for everyone else. */
export function isSuperseded(error: unknown): boolean {
  return (
    error instanceof CaughtupError &&
    (error.code === 'NOT_FOUND' || error.data.reason === 'run-superseded')
  )
}
