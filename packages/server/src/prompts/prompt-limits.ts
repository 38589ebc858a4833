import { Buffer } from 'node:buffer'

import {
  CaughtupError,
  type CustomMetadata,
  type Limits,
  preview,
  type PromptPart,
} from '@caughtup/schema'

import { attachmentPlace } from '../attachments/attachment-url.ts'
import type { Settings } from '../host/server-options.ts'

/**
 * Checks the content of a prompt beyond its schema.
 *
 * @param field - the member of the input that holds the content
 * @throws CaughtupError `BAD_INPUT`, `TOO_LARGE`
 */
export function assertPrompt(
  parts: readonly PromptPart[],
  field: 'text' | 'parts',
  { limits, attachments, path }: Pick<Settings, 'limits' | 'attachments' | 'path'>,
): void {
  const { promptBytes, messageParts, messageBytes } = limits
  const texts = parts.map((part) => (part.type === 'text' ? part.text : ''))
  if (parts.every(({ type }) => type === 'text') && texts.join('').trim() === '') {
    throw new CaughtupError('BAD_INPUT', 'The prompt is empty.', { field, value: '' })
  }
  for (const [index, part] of parts.entries()) {
    if (part.type !== 'file' || URL.canParse(part.url)) continue
    // The agent gets the bytes of attachments. Of other files, providers accept only absolute URLs, and get
    // every message of the session: all later runs would fail.
    if (!attachments || !attachmentPlace(path, part.url)) throw relativeUrl(index, part.url)
  }
  const textBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  assertSize(field, 'bytes of text', textBytes, promptBytes, texts.join(' '))
  assertSize(field, 'parts', parts.length, messageParts, parts)
  assertSize(field, 'bytes', Buffer.byteLength(JSON.stringify(parts)), messageBytes, parts)
}

/** @throws CaughtupError `BAD_INPUT` for a prompt's `custom` above `limits.metadataBytes` */
export function assertCustom(custom: CustomMetadata, { metadataBytes: limit }: Limits): void {
  const bytes = Buffer.byteLength(JSON.stringify(custom))
  if (bytes <= limit) return
  throw new CaughtupError(
    'BAD_INPUT',
    `custom has ${bytes} bytes of JSON, and at most ${limit} are allowed.`,
    { field: 'custom', value: preview(custom), limit },
  )
}

function assertSize(
  field: string,
  unit: string,
  size: number,
  limit: number,
  value: unknown,
): void {
  if (size <= limit) return
  throw new CaughtupError(
    'TOO_LARGE',
    `The prompt has ${size} ${unit}; at most ${limit} are allowed.`,
    {
      field,
      value: preview(value),
      limit,
    },
  )
}

function relativeUrl(index: number, url: string): CaughtupError {
  return new CaughtupError(
    'BAD_INPUT',
    `The file's url must be absolute (https:, data: …), not ${preview(url) || "''"}.`,
    { field: `parts.${index}.url`, value: preview(url) },
  )
}
