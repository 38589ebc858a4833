import { CaughtupError, preview } from '@caughtup/schema'

/** For one more member than a session may have. */
export function tooManyMembers(most: number): CaughtupError {
  return new CaughtupError(
    'LIMIT_EXCEEDED',
    `The session has ${most} members already (membersPerSession).`,
    { field: 'principal', limit: most, reason: 'members-full' },
  )
}

/** For the removal of a session's owner. */
export function ownerStays(principal: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `${preview(principal)} owns the session and cannot be removed from it.`,
    { field: 'principal', value: preview(principal), reason: 'owner' },
  )
}
