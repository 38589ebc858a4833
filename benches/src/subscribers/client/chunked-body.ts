/** Takes the chunk heads of HTTP/1.1 out of a body. */
export class ChunkedBody {
  readonly #onBody: (piece: Buffer) => void
  /** Bytes of the present chunk, with its line end, that are still to come. */
  #left = 0
  #head: Buffer | undefined

  constructor(onBody: (piece: Buffer) => void) {
    this.#onBody = onBody
  }

  push(piece: Buffer): void {
    let bytes = this.#head ? Buffer.concat([this.#head, piece]) : piece
    this.#head = undefined
    while (bytes.length > 0) {
      if (this.#left === 0) {
        const end = bytes.indexOf('\r\n')
        if (end < 0) {
          this.#head = Buffer.from(bytes)
          return
        }
        this.#left = Number.parseInt(bytes.toString('latin1', 0, end), 16) + 2
        bytes = bytes.subarray(end + 2)
        continue
      }
      const body = Math.min(bytes.length, this.#left - 2)
      if (body > 0) this.#onBody(bytes.subarray(0, body))
      const taken = Math.min(bytes.length, this.#left)
      this.#left -= taken
      bytes = bytes.subarray(taken)
    }
  }
}
