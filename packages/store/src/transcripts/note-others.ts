import type { Note } from './transcript.ts'

/** Notes the members of an object that are not among those that were read and say something. */
export function noteOthers(
  value: Readonly<Record<string, unknown>>,
  read: readonly string[],
  note: Note,
): void {
  for (const [name, member] of Object.entries(value)) {
    if (!isEmpty(member) && !read.includes(name)) note(`${name} is not kept`)
  }
}

/** Whether a member of an object says nothing. */
export function isEmpty(member: unknown): boolean {
  return member === null || (Array.isArray(member) && member.length === 0)
}
