const opcode = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const

/** Takes the heads of a server's WebSocket frames out of what it sends. */
export class SocketFrames {
  readonly #onBody: (piece: Buffer) => void
  readonly #onPing: () => void
  /** Bytes of the present frame that are still to come. */
  #left = 0
  #isData = false
  #head: Buffer | undefined

  constructor(onBody: (piece: Buffer) => void, onPing: () => void) {
    this.#onBody = onBody
    this.#onPing = onPing
  }

  push(piece: Buffer): void {
    let bytes = this.#head ? Buffer.concat([this.#head, piece]) : piece
    this.#head = undefined
    while (bytes.length > 0) {
      if (this.#left === 0) {
        const head = readHead(bytes)
        if (!head) {
          this.#head = Buffer.from(bytes)
          return
        }
        this.#left = head.length
        this.#isData = head.code < opcode.close
        if (head.code === opcode.ping) this.#onPing()
        bytes = bytes.subarray(head.size)
        continue
      }
      const taken = Math.min(bytes.length, this.#left)
      if (this.#isData) this.#onBody(bytes.subarray(0, taken))
      this.#left -= taken
      bytes = bytes.subarray(taken)
    }
  }
}

/** The head of an unmasked frame, if it has arrived: its size is 2, 4 or 10 bytes. */
function readHead(bytes: Buffer): { code: number; size: number; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const code = bytes.readUInt8(0) & 0x0f
  const short = bytes.readUInt8(1)
  if (short < 126) return { code, size: 2, length: short }
  const size = short === 126 ? 4 : 10
  if (bytes.length < size) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  return { code, size, length }
}

/** A client's text frame. Its mask is zero, which changes nothing of the text. */
export function textFrame(text: string): Buffer {
  return maskedFrame(opcode.text, Buffer.from(text))
}

export const pongFrame = maskedFrame(opcode.pong, Buffer.alloc(0))

function maskedFrame(code: number, body: Buffer): Buffer {
  const masked = 0x80
  const long = body.length > 125
  const head = Buffer.alloc(long ? 8 : 6)
  head.writeUInt8(masked | code, 0)
  head.writeUInt8(masked | (long ? 126 : body.length), 1)
  if (long) head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}
