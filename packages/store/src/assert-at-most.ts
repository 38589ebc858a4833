import { CaughtupError, excerpt } from '@caughtup/schema'

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and the limit */
export function assertAtMost(field: string, value: number, limit: number): void {
  if (value <= limit) return
  throw new CaughtupError('BAD_INPUT', `${field} is ${value}, and at most ${limit} is allowed.`, {
    field,
    value: excerpt(value),
    limit,
  })
}
