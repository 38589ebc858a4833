import { isRecord } from './bad-value.ts'

/** Whether a member of an object says nothing. */
export function isEmpty(member: unknown): boolean {
  if (member === undefined || member === null || member === '') return true
  if (Array.isArray(member)) return member.length === 0
  return isRecord(member) && Object.keys(member).length === 0
}
