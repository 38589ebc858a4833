import type { Cursor } from '@caughtup/schema'
import { decodeCursor } from '@caughtup/schema/cursor'

/** The `seq` comes first and has all its digits, so that offsets sort as texts. */
const form = /^([0-9]{16})\.([^.]+)\.([^.]*)$/

/**
 * The offset of a stream that goes on behind a cursor: that of `store.window`, for a reader that shows
 * the window and then follows.
 */
export function toOffset({ journal, seq, tag }: Cursor): string {
  return `${String(seq).padStart(16, '0')}.${journal}.${tag}`
}

/** The cursor that an offset stands for, or `undefined` if no server can have issued the text. */
export function fromOffset(text: string): Cursor | undefined {
  const [, seq, journal, tag] = form.exec(text) ?? []
  return decodeCursor(`${journal}.${Number(seq)}.${tag}`)
}
