import { CaughtupError, type Limits, preview } from '@caughtup/schema'

import { anyText, assertInput } from './assert-input.ts'

/**
 * A title as every database keeps it: half of a character, as where an emoji was cut, is U+FFFD.
 *
 * @throws CaughtupError `BAD_INPUT` for what is no text, or is above `limits.titleLength` characters
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
