import { isEmpty } from '../base/values.ts'
import type { Note, TranscriptItem } from './transcript.ts'

/** The remarks about one message, each once. */
export class Remarks implements Note {
  readonly #kept = new Set<string>()
  readonly #lost = new Set<string>()

  kept(what: string): void {
    this.#kept.add(what)
  }

  lost(what: string): void {
    this.#lost.add(what)
  }

  *items(line: number): Generator<TranscriptItem, void, undefined> {
    for (const message of this.#lost) yield { type: 'lost', line, message }
    for (const message of this.#kept) yield { type: 'note', line, message }
  }
}

/** Reports the non-empty members of an object that were not read. */
export function noteOthers(
  value: Readonly<Record<string, unknown>>,
  read: readonly string[],
  note: Note,
  where = '',
): void {
  for (const [name, member] of Object.entries(value)) {
    if (!isEmpty(member) && !read.includes(name)) note.lost(`${where}${name} is dropped`)
  }
}
