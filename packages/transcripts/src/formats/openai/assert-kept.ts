import { CaughtupError, preview } from '@caughtup/schema'

import { isEmpty } from '../../base/is-empty.ts'

/**
 * Refuses a message of which nothing is kept, although a member that its format does not read holds
 * what it says: that is a message of another format.
 *
 * @param unread - names of such members
 * @throws CaughtupError `BAD_INPUT`
 */
export function assertKept(
  message: Readonly<Record<string, unknown>>,
  kept: readonly unknown[],
  unread: readonly string[],
): void {
  if (kept.length > 0) return
  for (const field of unread) {
    const value = message[field]
    if (value === undefined || value === '' || isEmpty(value)) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `${field} is not read in this format, and there is nothing else in the message.`,
      { field, value: preview(value) },
    )
  }
}
