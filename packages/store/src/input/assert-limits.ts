import {
  CaughtupError,
  type Limits,
  type Part,
  preview,
  type SessionMetadata,
} from '@caughtup/schema'

import { jsonBytes } from '../base/bytes.ts'
import { storedValue } from './stored-value.ts'
import { assertInput } from './assert-input.ts'
import { anyText, object } from './kinds.ts'

/**
 * A title as every database keeps it: half a character, as of an emoji that was cut, becomes U+FFFD.
 *
 * @throws CaughtupError `BAD_INPUT` for a title that is not a text or above `limits.titleLength`
 */
export function storedTitle(title: string, { titleLength: limit }: Readonly<Limits>): string {
  assertInput('title', title, anyText)
  if (title.length <= limit) return title.toWellFormed()
  throw new CaughtupError(
    'BAD_INPUT',
    `The title has ${title.length} characters, and at most ${limit} are allowed.`,
    { field: 'title', value: preview(title), limit },
  )
}

/**
 * A session's metadata as they will be read back.
 *
 * @throws CaughtupError `BAD_INPUT` for what is not a JSON object, or is above `limits.metadataBytes`
 */
export function storedMetadata(
  metadata: SessionMetadata,
  { metadataBytes: limit }: Readonly<Limits>,
): SessionMetadata {
  assertInput('metadata', metadata, object)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the copy of an object as JSON
  const stored = storedValue(metadata) as SessionMetadata
  assertInput('metadata', stored, object)
  const bytes = jsonBytes(stored)
  if (bytes <= limit) return stored
  throw new CaughtupError(
    'BAD_INPUT',
    `The metadata have ${bytes} bytes of JSON, and at most ${limit} are allowed.`,
    { field: 'metadata', value: preview(metadata), limit },
  )
}

/** @throws CaughtupError `BAD_INPUT` for more members than a session may have */
export function assertMemberCount(
  count: number,
  { membersPerSession: limit }: Readonly<Limits>,
): void {
  if (count <= limit) return
  throw new CaughtupError(
    'BAD_INPUT',
    `The session would have ${count} members, and at most ${limit} are allowed.`,
    { field: 'members', value: String(count), limit },
  )
}

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
