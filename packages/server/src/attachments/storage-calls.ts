import { CaughtupError } from '@caughtup/schema'
import type { OnError } from '@caughtup/store'

import { retryAfter } from '../errors/call-errors.ts'

interface Around {
  onError: OnError
  /** The error to throw instead, if the failure is not the storage's own. */
  expected?: (error: unknown) => CaughtupError | undefined
}

/**
 * Calls the host's storage.
 *
 * @throws CaughtupError of the storage's own, or `UNAVAILABLE` (`attachments`) for any other error, which
 *   `onError` gets
 */
export async function stored<T>(call: () => Promise<T>, { onError, expected }: Around): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const known = expected?.(error)
    if (known) throw known
    if (error instanceof CaughtupError) throw error
    onError(error, 'the storage of attachments')
    throw new CaughtupError(
      'UNAVAILABLE',
      'The storage of attachments does not answer.',
      { reason: 'attachments', retryAfter },
      { cause: error },
    )
  }
}
