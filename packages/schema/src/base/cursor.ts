/**
 * "Applied up to here" in one session's journal.
 *
 * The tag belongs to the commit that wrote `seq`. A different tag at the same seq means that the
 * journal was restored from an older copy and continued: its history differs, and the reader needs a
 * full replay. On the wire a cursor is opaque; only this file knows its form.
 */
export interface Cursor {
  /** Id of the journal, random per session. */
  journal: string
  /** The last seq applied; 0 before the first event. */
  seq: number
  /** Tag of the commit that wrote `seq`; empty at seq 0. */
  tag: string
}

const form = /^([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{0,16})$/

export function encodeCursor(cursor: Cursor): string {
  return `${cursor.journal}.${cursor.seq}.${cursor.tag}`
}

/** The parsed cursor, or `undefined` if no server of this protocol can have issued the text. */
export function decodeCursor(text: string): Cursor | undefined {
  const [, journal, seq, tag] = form.exec(text) ?? []
  if (journal === undefined || seq === undefined || tag === undefined) return undefined
  return { journal, seq: Number(seq), tag }
}
