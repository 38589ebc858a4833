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
      if (mark < 0) {
        this.#keep(bytes, Math.max(read, bytes.length - this.#before.length + 1))
        return
      }
      const start = mark + this.#before.length
      const end = bytes.indexOf(this.#after, start)
      if (end < 0) {
        this.#keep(bytes, mark)
        return
      }
      if (bytes[start] === tokenMark) this.#found(bytes, start, end)
      read = end + 1
    }
  }

  #keep(bytes: Buffer, from: number): void {
    // A copy: the piece's memory belongs to a larger block.
    if (from < bytes.length) this.#rest = Buffer.from(bytes.subarray(from))
  }
}
