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

/** @throws CaughtupError `BAD_INPUT` for more characters than `limit` */
export function assertTitle(title: string | undefined, limit: number): void {
  if (title === undefined || title.length <= limit) return
  throw new CaughtupError('BAD_INPUT', `A title has at most ${limit} characters.`, {
    field: 'title',
    value: excerpt(title),
    limit,
  })
}
