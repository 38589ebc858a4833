import { CaughtupError, defaultLimits, type Part } from '@caughtup/schema'

import { jsonBytes } from '../base/values.ts'

/** JSON of less than this is not larger than a message may be, however it is written again. */
export const safeBytes = defaultLimits.messageBytes / 8

/**
 * Refuses what the store would refuse, with all that comes with it.
 *
 * @param bytes - what the parts took in their file; 1e20, for one, takes more when it is stored
 * @throws CaughtupError `BAD_INPUT` for parts that are too many or too large for a message
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
    `The message has ${size} ${unit}, and at most ${limit} are allowed.`,
    { field: unit, value: String(size), limit },
  )
}
