import type { TranscriptFormat } from './format.ts'
import type { Note } from './transcript.ts'

/** Holds a part of a format that has no like here, as it is; it is not shown. */
export function unknownPart(
  format: TranscriptFormat,
  value: unknown,
  what: string,
  note: Note,
): { type: `data-${TranscriptFormat}-part`; data: unknown } {
  const type = `data-${format}-part` as const
  note.kept(`${what} has no like here and is kept as ${type}, which is not shown`)
  return { type, data: value }
}
