import {
  CaughtupError,
  customMetadata,
  type CustomMetadata,
  type Limits,
  type MessageMetadata,
  type Part,
  preview,
  type SessionMetadata,
} from '@caughtup/schema'

import { jsonBytes } from '../base/bytes.ts'
import { storedValue } from './stored-value.ts'
import { assertInput } from './assert-input.ts'
import { anyText, object } from './kinds.ts'

/** The field of errors about the host's metadata of a message. */
export const customField = 'metadata.custom'

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
  limits: Readonly<Limits>,
): SessionMetadata {
  const stored = storedObject('metadata', metadata)
  assertMetadataBytes('metadata', stored, limits)
  return stored
}

/**
 * An object of the host's as it will be read back.
 *
 * @throws CaughtupError `BAD_INPUT` for what is not a JSON object, or is nested too deep
 */
export function storedObject(
  field: string,
  value: Readonly<Record<string, unknown>>,
): CustomMetadata {
  assertInput(field, value, object)
  const stored = storedValue(value)
  assertInput(field, stored, object)
  const { data, error } = customMetadata.safeParse(stored)
  if (data) return data
  const [issue] = error.issues
  const within = [field, ...(issue?.path ?? [])].join('.')
  throw new CaughtupError('BAD_INPUT', `${within}: ${issue?.message}`, {
    field: within,
    value: preview(value),
  })
}

/**
 * @returns the bytes
 * @throws CaughtupError `BAD_INPUT` above `limits.metadataBytes`
 */
export function assertMetadataBytes(
  field: string,
  stored: CustomMetadata,
  { metadataBytes: limit }: Readonly<Limits>,
): number {
  const bytes = jsonBytes(stored)
  if (bytes <= limit) return bytes
  throw new CaughtupError(
    'BAD_INPUT',
    `${field} has ${bytes} bytes of JSON, and at most ${limit} are allowed.`,
    { field, value: preview(stored), limit },
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

/**
 * @throws CaughtupError `TOO_LARGE` above the limits of a message; `BAD_INPUT` for what has no JSON form,
 *   and for the host's metadata above `limits.metadataBytes`
 */
export function assertMessageSize(
  messageId: string,
  { parts, metadata }: { parts: readonly Part[]; metadata?: Partial<MessageMetadata> },
  limits: Readonly<Limits>,
): void {
  const { messageParts, messageBytes } = limits
  if (parts.length > messageParts) {
    throw tooLarge(messageId, 'parts', parts.length, messageParts)
  }
  const custom = metadata?.custom && storedObject(customField, metadata.custom)
  const customBytes = custom ? assertMetadataBytes(customField, custom, limits) : 0
  const bytes = jsonBytes(storedValue(parts)) + customBytes
  if (bytes > messageBytes) throw tooLarge(messageId, 'bytes', bytes, messageBytes)
}

function tooLarge(messageId: string, unit: string, size: number, limit: number): CaughtupError {
  return new CaughtupError(
    'TOO_LARGE',
    `Message ${messageId} has ${size} ${unit}, and at most ${limit} are allowed.`,
    { field: 'parts', value: messageId, limit },
  )
}
