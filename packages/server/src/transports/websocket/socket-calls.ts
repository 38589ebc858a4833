import type { Limits } from '@caughtup/schema'
import type { WebSocket } from 'ws'

interface Call {
  bytes: number
  begin: () => void
}

/**
 * The calls of one WebSocket, started in their order. While `limits.callsPerSocket` calls are
 * unanswered, or requests and answers occupy `limits.bytesPerSocket`, the socket is paused: a client
 * that does not take its answers cannot make the server hold more.
 */
export class SocketCalls {
  readonly #ws: WebSocket
  readonly #limits: Readonly<Limits>
  /** Calls that had been read when the socket was paused: at most one chunk of the connection. */
  readonly #waiting: Call[] = []
  #unanswered = 0
  #bytes = 0

  constructor(ws: WebSocket, limits: Readonly<Limits>) {
    this.#ws = ws
    this.#limits = limits
  }

  /** Starts a call in its turn. It calls `answered` when it has its answer, or a stream to send. */
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

  /** Call this when the socket has taken something: there may be room for more calls. */
  taken(): void {
    // On a closed socket, nobody can read an answer.
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
