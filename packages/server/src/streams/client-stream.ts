import type { EndReason } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { End, Heartbeat, SentFrame } from './frames.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** The abort reason of a stream that the server ends, and that tells its client so. */
class StreamEnd extends Error {
  override readonly name = 'StreamEnd'
  readonly reason: EndReason

  constructor(reason: EndReason) {
    super(`The server ended the stream: ${reason}.`)
    this.reason = reason
  }
}

export interface ClientStreamOptions<T> {
  /** Yields the frames. Everything that it waits for must honour the signal. */
  frames: (signal: AbortSignal) => AsyncGenerator<T, void>
  /** The request's: aborted when the client disconnects. */
  signal: AbortSignal | undefined
  clock: Clock
  /** In ms. */
  heartbeat: number
  onClose: () => void
}

/**
 * One client's stream, as the transport pulls it: frames, heartbeats, and at most one `end`. It knows
 * how long its client has left a frame unread, and the server can end or close it.
 */
export class ClientStream<T> implements AsyncIteratorObject<
  T | SentFrame<Heartbeat | End>,
  void,
  void
> {
  readonly #source: AsyncGenerator<T | SentFrame<Heartbeat | End>, void>
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #onClose: () => void
  /** When the last frame was taken; `undefined` while the transport waits for the next one. */
  #unreadSince: number | undefined
  #closed = false

  constructor({ frames, signal, clock, heartbeat, onClose }: ClientStreamOptions<T>) {
    this.#clock = clock
    this.#onClose = onClose
    this.#unreadSince = clock.monotonic()
    const { signal: own } = this.#controller
    const either = signal ? AbortSignal.any([signal, own]) : own
    this.#source = endable(withHeartbeat(frames(either), { clock, every: heartbeat }), either)
  }

  /** How long the last frame has been unread, in ms. */
  get unreadFor(): number {
    return this.#unreadSince === undefined ? 0 : this.#clock.monotonic() - this.#unreadSince
  }

  async next(): Promise<IteratorResult<T | SentFrame<Heartbeat | End>, void>> {
    this.#unreadSince = undefined
    try {
      const result = await this.#source.next()
      if (result.done) this.#close()
      else this.#unreadSince = this.#clock.monotonic()
      return result
    } catch (error) {
      this.#close()
      throw error
    }
  }

  /** Ends the stream after one last frame, the `end`. */
  end(reason: EndReason): void {
    this.#controller.abort(new StreamEnd(reason))
  }

  /** Closes the stream without an `end`: the client sees a broken connection. */
  async return(): Promise<IteratorResult<T | SentFrame<Heartbeat | End>, void>> {
    this.#close()
    this.#controller.abort()
    await this.#source.return()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
  }
}

async function* endable<T>(
  source: AsyncGenerator<T, void>,
  signal: AbortSignal,
): AsyncGenerator<T | SentFrame<End>, void> {
  try {
    yield* source
  } catch (error) {
    if (signal.aborted) {
      // If the client disconnected, nobody can read an `end`.
      if (signal.reason instanceof StreamEnd)
        yield { frame: { type: 'end', reason: signal.reason.reason } }
      return
    }
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') {
      yield { frame: { type: 'end', reason: 'session-deleted' } }
      return
    }
    throw error
  }
}
