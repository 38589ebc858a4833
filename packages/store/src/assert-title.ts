import { CaughtupError, excerpt, type Limits } from '@caughtup/schema'

/** @throws CaughtupError `BAD_INPUT` for a title above `limits.titleLength` characters */
export function assertTitle(title: string, { titleLength: limit }: Readonly<Limits>): void {
  if (title.length <= limit) return
  throw new CaughtupError(
    'BAD_INPUT',
    `The title has ${title.length} characters, and at most ${limit} are allowed.`,
    { field: 'title', value: excerpt(title), limit },
  )
}
