import type { ClientContext } from '../core/client-context.ts'
import { isPermanentError, toViewError, type ViewError } from '../core/errors.ts'
import { request } from '../core/request.ts'
import { retryWait, waitToRetry } from '../core/retry.ts'

/**
 * Attempts to deliver one call. With the default delays the waits between them take 13 s on average,
 * 26 s at most: enough for a server to restart, and soon enough to tell the user that it did not.
 */
const maxAttempts = 8

/**
 * Makes a call until it is answered. Every attempt has to carry the same id, so that what it asks for
 * is done once, however many attempts arrived.
 *
 * @throws {ChatClientError} a permanent error at once, any other after the last attempt
 */
export function deliver<T>(
  context: ClientContext,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return repeat(context, () => request(context, call), maxAttempts)
}

/**
 * Repeats an attempt until it succeeds. `failures` are those in a row so far.
 *
 * @throws its error if that is permanent, the client was closed, or there were `most` attempts or, in a row,
 * `unknownErrors`
 */
export async function repeat<T>(
  context: ClientContext,
  attempt: (failures: number) => Promise<T>,
  most = Infinity,
): Promise<T> {
  const { closed, reconnect } = context
  for (let failures = 0, unknown = 0; ;) {
    try {
      return await attempt(failures)
    } catch (cause) {
      const error = toViewError(cause)
      failures += 1
      unknown = error.code === 'INTERNAL' ? unknown + 1 : 0
      const isLast = failures === most || unknown === reconnect.unknownErrors
      if (closed.aborted || isPermanentError(error) || isLast) throw cause
      await waitAfter(context, failures, error)
      // The last attempt's error says more than that the client was closed.
      if (closed.aborted) throw cause
    }
  }
}

/** Resolves when it is time for the next attempt, or the client is closed. */
async function waitAfter(context: ClientContext, failures: number, error: ViewError) {
  const { closed, reconnect, random, wakeUp } = context
  const wait = retryWait(failures, error, reconnect, random)
  const signals = wait.requested ? [closed] : [closed, wakeUp.signal]
  await waitToRetry(context, wait, AbortSignal.any(signals)).catch(() => 'woken or closed')
}
