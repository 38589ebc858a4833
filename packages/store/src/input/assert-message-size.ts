import { CaughtupError, type Limits, type Part } from '@caughtup/schema'

import { jsonBytes } from '../base/bytes.ts'
import { storedValue } from './stored-value.ts'

/** @throws CaughtupError `TOO_LARGE` above the limits of a message, `BAD_INPUT` (`not-json`) */
export function assertMessageSize(
  messageId: string,
  parts: readonly Part[],
  { messageParts, messageBytes }: Readonly<Limits>,
): void {
  if (parts.length > messageParts) {
    throw tooLarge(messageId, 'parts', parts.length, messageParts)
  }
  const bytes = jsonBytes(storedValue(parts))
  if (bytes > messageBytes) throw tooLarge(messageId, 'bytes', bytes, messageBytes)
}

function tooLarge(messageId: string, unit: string, size: number, limit: number): CaughtupError {
  return new CaughtupError(
    'TOO_LARGE',
    `Message ${messageId} has ${size} ${unit}, and at most ${limit} are allowed.`,
    { field: 'parts', value: messageId, limit },
  )
}
