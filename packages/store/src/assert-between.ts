import { CaughtupError, excerpt } from '@caughtup/schema'

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and the limit */
export function assertBetween(field: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  const [word, limit] = value > most ? ['most', most] : ['least', least]
  throw new CaughtupError(
    'BAD_INPUT',
    `${field} is ${value}, and at ${word} ${limit} is allowed.`,
    { field, value: excerpt(value), limit },
  )
}
