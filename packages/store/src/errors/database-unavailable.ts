import { CaughtupError } from '@caughtup/schema'

import type { Slice } from '../port/commit.ts'
import { StorageError } from '../port/storage-error.ts'

/**
 * For a call that the database did not serve. Clients are told only the kind of the failure; `cause`
 * has the rest. Nothing was written, unless the outcome is unknown.
 */
export function databaseUnavailable(
  cause: unknown,
  retryAfter: number,
  reason: `database-${string}` | 'outcome-unknown' = reasonOf(cause),
): CaughtupError {
  const words =
    reason === 'outcome-unknown'
      ? 'The database has not answered; the change may still be written.'
      : 'The database is temporarily unavailable; nothing was written.'
  return new CaughtupError('UNAVAILABLE', words, { reason, retryAfter }, { cause })
}

/** For changes that the database had not accepted when the store was closed. */
export function notWritten(
  left: readonly (Pick<Slice, 'sessionId'> & { bytes: number })[],
  cause: unknown,
): CaughtupError {
  const sessions = [...new Set(left.map(({ sessionId }) => sessionId))]
  const bytes = left.reduce((sum, slice) => sum + slice.bytes, 0)
  const some = sessions.slice(0, 10).join(', ') + (sessions.length > 10 ? ' …' : '')
  return new CaughtupError(
    'UNAVAILABLE',
    `The store was closed with ${left.length} changes (about ${bytes} bytes) not written, of ` +
      `${sessions.length} sessions: ${some}. ${cause instanceof Error ? cause.message : ''}`.trimEnd(),
    { reason: 'not-written' },
    { cause },
  )
}

function reasonOf(cause: unknown): `database-${string}` {
  return `database-${cause instanceof StorageError ? cause.failure : 'busy'}`
}
