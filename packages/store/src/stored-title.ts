import { CaughtupError, excerpt, type Limits } from '@caughtup/schema'

import { anyText, assertInput } from './assert-input.ts'

/** @throws CaughtupError `BAD_INPUT` for what is no text, or is above `limits.titleLength` characters */
export function assertTitle(title: string, { titleLength: limit }: Readonly<Limits>): void {
  assertInput('title', title, anyText)
  if (title.length <= limit) return
  throw new CaughtupError(
    'BAD_INPUT',
    `The title has ${title.length} characters, and at most ${limit} are allowed.`,
    { field: 'title', value: excerpt(title), limit },
  )
}
