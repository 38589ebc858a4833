/** How far before a place its grapheme is looked for, in code units: longer than any family of emoji. */
const before = 64
/** How much further back a character is looked for at which graphemes certainly part. */
const further = 1_024

/**
 * The last place up to `at` at which no grapheme is cut: a letter with its marks, a flag, a family. Costs the
 * same in a text of any length.
 */
export function graphemeBorder(segmenter: Intl.Segmenter, text: string, at: number): number {
  if (at <= 0) return 0
  if (at >= text.length) return text.length
  const start = partBefore(text, at - before)
  // With the whole of a character that is two code units.
  const cluster = segmenter.segment(text.slice(start, at + 2)).containing(at - start)
  return start + (cluster?.index ?? 0)
}

/** A place up to `at` that is certainly a border: before a printable ASCII character. */
function partBefore(text: string, at: number): number {
  for (let place = at; place > Math.max(0, at - further); place--) {
    const code = text.charCodeAt(place)
    if (code >= 0x20 && code < 0x7f) return place
  }
  return Math.max(0, at - further)
}
