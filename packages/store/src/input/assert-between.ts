import { CaughtupError, preview } from '@caughtup/schema'

import { assertInput, integer } from './assert-input.ts'

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and the limit */
export function assertBetween(field: string, value: number, least: number, most: number): void {
  assertInput(field, value, integer)
  if (value >= least && value <= most) return
  const [word, limit] = value > most ? ['most', most] : ['least', least]
  throw new CaughtupError(
    'BAD_INPUT',
    `${field} is ${value}, and at ${word} ${limit} is allowed.`,
    { field, value: preview(value), limit },
  )
}
