import type { Note, TranscriptItem } from './transcript.ts'

/** What is noted of one message, each thing once. */
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
