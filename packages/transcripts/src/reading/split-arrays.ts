/** A JSON value of a file, unparsed, or the bytes in place of one. */
export interface FileValue {
  /** The line where it begins; the first is 1. */
  line: number
  /** Absent if it is too long, which is not held in memory. */
  bytes?: Uint8Array
  /** Its index, if it is an element of an array that is the file or a line of it. */
  index?: number
  /** Whether its terminator was found; the last value may lack one. */
  ended: boolean
  /** Whether it is the last of its array. */
  last?: boolean
  /** Whether it stands outside the arrays of the file, where no value may be; it has no bytes. */
  isStray?: true
}

const [quote, backslash, comma, feed] = [0x22, 0x5c, 0x2c, 0x0a]
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])

/** Whether a byte may stand between values: white space, or part of a byte order mark. */
export function isFiller(byte: number): boolean {
  return byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf
}

/**
 * The elements of an array, or of several in a row: the bytes between its commas. An object beside an
 * array is split like one, and its pieces then fail to parse. For other bytes outside the arrays, it
 * yields one stray value per line.
 *
 * @param limit - most bytes of an element; a longer one is yielded without its bytes
 */
export async function* splitArrays(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<FileValue, void, undefined> {
  let [depth, line, index, size] = [0, 1, 0, 0]
  let [inText, escaped, isBlank] = [false, false, true]
  let [startLine, strayLine] = [1, 0]
  let pieces: Uint8Array[] = []
  const hold = (piece: Uint8Array) => {
    size += piece.length
    if (size > limit) pieces = []
    else if (piece.length > 0) pieces.push(piece)
  }
  const take = (ended: boolean, last: boolean): FileValue => {
    const fits = size <= limit
    const value = {
      line: startLine,
      index,
      ended,
      last,
      ...(fits && { bytes: Buffer.concat(pieces) }),
    }
    pieces = []
    size = 0
    isBlank = true
    return value
  }
  for await (const chunk of source) {
    let from = 0
    for (const [at, byte] of chunk.entries()) {
      if (byte === feed) line += 1
      if (depth === 0 && !openers.has(byte)) {
        from = at + 1
        if (isFiller(byte) || strayLine === line) continue
        strayLine = line
        yield { line, ended: true, isStray: true }
        continue
      }
      if (inText) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inText = false
        continue
      }
      if (byte === quote) inText = true
      const opens = openers.has(byte)
      if (opens && depth === 0) {
        depth = 1
        index = 0
        from = at + 1
        continue
      }
      if (opens) depth += 1
      const closes = closers.has(byte)
      if (closes) depth -= 1
      const isEnd = (closes && depth === 0) || (byte === comma && depth === 1)
      if (isEnd) {
        hold(chunk.subarray(from, at))
        const last = depth === 0
        if (!isBlank || !last) yield take(true, last)
        else take(true, true)
        from = at + 1
        index += 1
        continue
      }
      if (isBlank && byte > 0x20) {
        isBlank = false
        startLine = line
      }
    }
    hold(chunk.subarray(from))
  }
  if (depth > 0) yield take(false, true)
}
