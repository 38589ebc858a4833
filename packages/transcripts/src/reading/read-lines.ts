/** The longest line that is read, in bytes without its end: enough for the largest message. */
export const maxLineBytes = 16 * 1024 * 1024

export interface Line {
  /** The first is 1. */
  number: number
  /** Without its end; absent if the line is too long, which is not held in memory. */
  bytes?: Uint8Array
  /** Whether a line feed ends it; the last line may lack one. */
  ended: boolean
}

/** The lines of a byte stream. Holds one at a time, and at most `limit` bytes of it. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  limit = maxLineBytes,
): AsyncGenerator<Line, void, undefined> {
  const pieces: Uint8Array[] = []
  let size = 0
  let number = 0

  const add = (piece: Uint8Array) => {
    size += piece.length
    if (size > limit) pieces.length = 0
    else if (piece.length > 0) pieces.push(piece)
  }
  const take = (ended: boolean): Line => {
    number += 1
    const line = { number, ended, ...(size <= limit && { bytes: Buffer.concat(pieces) }) }
    pieces.length = 0
    size = 0
    return line
  }

  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      add(chunk.subarray(start, end))
      yield take(true)
      start = end + 1
    }
    add(chunk.subarray(start))
  }
  if (size > 0) yield take(false)
}

const lineFeed = 0x0a
