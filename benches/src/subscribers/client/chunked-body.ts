const lineFeed = 0x0a

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
        const end = bytes.indexOf(lineFeed)
        if (end < 0) {
          this.#head = Buffer.from(bytes)
          return
        }
        this.#left = readHexadecimal(bytes, end - 1) + 2
        bytes = bytes.subarray(end + 1)
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

function readHexadecimal(bytes: Buffer, end: number): number {
  let value = 0
  for (let at = 0; at < end; at++) {
    const digit = bytes.readUInt8(at) | 0x20
    value = value * 16 + (digit < 0x61 ? digit - 0x30 : digit - 0x57)
  }
  return value
}
