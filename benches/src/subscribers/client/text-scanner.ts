import { tokenMark } from '../processes/token.ts'

/** Finds the texts of tokens in a stream's bytes by what is before and after them: no parser is cheaper. */
export class TextScanner {
  readonly #before: Buffer
  readonly #after: number
  readonly #found: (bytes: Buffer, start: number, end: number) => void
  /** The end of what was read, which the next piece may complete. */
  #rest: Buffer | undefined

  constructor(
    { before, after }: { before: string; after: string },
    found: (bytes: Buffer, start: number, end: number) => void,
  ) {
    this.#before = Buffer.from(before)
    this.#after = after.charCodeAt(0)
    this.#found = found
  }

  push(piece: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, piece]) : piece
    this.#rest = undefined
    let read = 0
    for (;;) {
      const mark = bytes.indexOf(this.#before, read)
      if (mark < 0) return this.#keep(bytes, this.#beginning(bytes, read))
      const start = mark + this.#before.length
      const end = bytes.indexOf(this.#after, start)
      if (end < 0) return this.#keep(bytes, mark)
      if (bytes[start] === tokenMark) this.#found(bytes, start, end)
      read = end + 1
    }
  }

  /** Where bytes end with the beginning of the mark; their length if they do not. */
  #beginning(bytes: Buffer, read: number): number {
    const last = bytes.length
    let at = Math.max(read, last - this.#before.length + 1)
    while (at < last && bytes.compare(this.#before, 0, last - at, at, last) !== 0) at++
    return at
  }

  #keep(bytes: Buffer, from: number): void {
    // A copy: the next piece takes the memory of this one.
    if (from < bytes.length) this.#rest = Buffer.from(bytes.subarray(from))
  }
}
