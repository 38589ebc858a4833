import { CaughtupError, defaultLimits, type Part } from '@caughtup/schema'

import { jsonBytes } from '../base/values.ts'

/** JSON below this size stays within a message's limit, however it is written again. */
export const safeBytes = defaultLimits.messageBytes / 8

/**
 * Refuses a message that the store would refuse, which would fail the whole conversation.
 *
 * @param bytes - the parts' size in their file; some values, such as 1e20, take more when stored
 * @throws CaughtupError `BAD_INPUT` for too many or too large parts
 */
export function assertFits(parts: readonly Part[], bytes: number): void {
  const { messageParts, messageBytes } = defaultLimits
  assertMost('parts', parts.length, messageParts)
  if (bytes > safeBytes) assertMost('bytes', jsonBytes(parts), messageBytes)
}

function assertMost(unit: string, size: number, limit: number): void {
  if (size <= limit) return
  throw new CaughtupError(
    'BAD_INPUT',
    `The message has ${size} ${unit}; at most ${limit} are allowed.`,
    { field: unit, value: String(size), limit },
  )
}
