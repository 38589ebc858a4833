import type { ClientContext } from '../core/client-context.ts'
import { isPermanentError, toViewError } from '../core/errors.ts'
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
export async function deliver<T>(
  context: ClientContext,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request(context, call)
    } catch (cause) {
      const error = toViewError(cause)
      if (context.closed.aborted || isPermanentError(error) || attempt === maxAttempts) throw cause
      const wait = retryWait(attempt, error, context.reconnect, context.random)
      try {
        await waitToRetry(context, wait, context.closed)
      } catch {
        // The client was closed: the last attempt's error says more than that.
        throw cause
      }
    }
  }
}
