import type { Note } from './transcript.ts'

/** Notes the members of an object that are not among those that were read and say something. */
export function noteOthers(
  value: Readonly<Record<string, unknown>>,
  read: readonly string[],
  note: Note,
): void {
  for (const [name, member] of Object.entries(value)) {
    const isEmpty = member === null || (Array.isArray(member) && member.length === 0)
    if (!isEmpty && !read.includes(name)) note(`${name} is not kept`)
  }
}
