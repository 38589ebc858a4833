import { CaughtupError, excerpt } from '@caughtup/schema'

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and the limit */
export function assertBetween(field: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw new CaughtupError(
    'BAD_INPUT',
    `${field} is ${value}, and ${least} to ${most} are allowed.`,
    { field, value: excerpt(value), limit: value < least ? least : most },
  )
}
