import { isEmpty } from '../base/is-empty.ts'
import type { Note } from './transcript.ts'

/** Notes the members of an object that are not among those that were read and say something. */
export function noteOthers(
  value: Readonly<Record<string, unknown>>,
  read: readonly string[],
  note: Note,
  where = '',
): void {
  for (const [name, member] of Object.entries(value)) {
    if (!isEmpty(member) && !read.includes(name)) note.lost(`${where}${name} is not kept`)
  }
}
