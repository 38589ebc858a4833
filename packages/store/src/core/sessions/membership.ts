import { ownerStays, tooManyMembers } from '../../errors/member-errors.ts'

/**
 * Whether adding a principal changes anything. The first member is the owner.
 *
 * @throws CaughtupError `LIMIT_EXCEEDED` if there are `most` members already
 */
export function addsMember(members: readonly string[], principal: string, most: number): boolean {
  if (members.includes(principal)) return false
  if (members.length >= most) throw tooManyMembers(most)
  return true
}

/**
 * Whether removing a principal changes anything.
 *
 * @throws CaughtupError `CONFLICT` (`owner`) for the owner
 */
export function removesMember(members: readonly string[], principal: string): boolean {
  if (members[0] === principal) throw ownerStays(principal)
  return members.includes(principal)
}
