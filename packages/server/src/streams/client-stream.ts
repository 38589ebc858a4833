import type { EndReason } from '@caughtup/schema'
import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { End, Heartbeat, SentFrame } from './frames.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** Why a stream was aborted here, so that it still says so to its client. */
class StreamEnd extends Error {
  override readonly name = 'StreamEnd'
  readonly reason: EndReason

  constructor(reason: EndReason) {
    super(`The stream ends: ${reason}.`)
    this.reason = reason
  }
}

export interface ClientStreamOptions<T> {
  /** Makes the frames; whatever it waits for must honour the signal. */
  frames: (signal: AbortSignal) => AsyncGenerator<T, void>
  /** Of the request: aborted when the client is gone. */
  signal: AbortSignal | undefined
  clock: Clock
  heartbeat: number
  onClose: () => void
}

/**
 * One client's stream as the transport pulls it: frames and heartbeats, and at most one `end`.
 * It knows since when it was left unread, and it can be ended or closed from here.
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
  /** When the last frame was handed over; `undefined` while the next one is asked for. */
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

  /** How long, in ms, what was handed over has been left unread. */
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

  /** Lets the client read one last frame, the `end`. */
  end(reason: EndReason): void {
    this.#controller.abort(new StreamEnd(reason))
  }

  /** Frees what the stream holds; its client sees a broken connection. */
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
      // Of the request itself: nobody is there to be told.
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
