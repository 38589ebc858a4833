import type { Limits } from '@caughtup/schema'
import type { WebSocket } from 'ws'

interface Call {
  bytes: number
  begin: () => void
}

/**
 * The calls that came by one WebSocket, begun in their order. While `limits.callsPerSocket` are not
 * answered, or `limits.bytesPerSocket` of requests and answers are held for it, the socket is not
 * read from: what a client asks for and does not take stays with the client.
 */
export class SocketCalls {
  readonly #ws: WebSocket
  readonly #limits: Readonly<Limits>
  /** What was read already when the socket was paused: at most a chunk of the connection. */
  readonly #waiting: Call[] = []
  #unanswered = 0
  #bytes = 0

  constructor(ws: WebSocket, limits: Readonly<Limits>) {
    this.#ws = ws
    this.#limits = limits
  }

  /** Begins a call when its turn comes; `answered` is to be called when it is, or will be in parts. */
  take(bytes: number, begin: (answered: () => void) => void): void {
    let isAnswered = false
    const answered = () => {
      if (isAnswered) return
      isAnswered = true
      this.#unanswered--
      this.#bytes -= bytes
      this.taken()
    }
    this.#waiting.push({ bytes, begin: () => begin(answered) })
    this.taken()
  }

  /** To be called when the socket has taken something: there may be room for more. */
  taken(): void {
    // Nobody is there to be answered.
    if (this.#ws.readyState !== this.#ws.OPEN) this.#waiting.length = 0
    while (!this.#isFull()) {
      const call = this.#waiting.shift()
      if (!call) break
      this.#unanswered++
      this.#bytes += call.bytes
      call.begin()
    }
    if (this.#waiting.length > 0 || this.#isFull()) this.#ws.pause()
    else if (this.#ws.isPaused) this.#ws.resume()
  }

  #isFull(): boolean {
    const { callsPerSocket, bytesPerSocket } = this.#limits
    return (
      this.#unanswered >= callsPerSocket || this.#bytes + this.#ws.bufferedAmount >= bytesPerSocket
    )
  }
}
