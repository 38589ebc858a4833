/** From the first byte to before `to`. */
export interface ByteRange {
  from: number
  to: number
}

/**
 * The part of a file that a `range` header asks for. Several parts at once, and other units, are answered
 * with the whole file, as HTTP allows.
 *
 * @returns undefined for the whole file, `'unsatisfiable'` if the file ends before
 */
export function byteRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    // The last so many bytes.
    return range(Math.max(0, size - Number(last)), size, size)
  }
  const end = last === '' ? Infinity : Number(last) + 1
  // Backwards is not a range.
  return end <= Number(first) ? undefined : range(Number(first), Math.min(end, size), size)
}

function range(from: number, to: number, size: number): ByteRange | 'unsatisfiable' {
  return from < size && from < to ? { from, to } : 'unsatisfiable'
}
