import { type Clock, sleep } from '@caughtup/schema/clock'

/** Waits between attempts, in ms: from `first` on, each is twice the one before, up to `last`. */
export class Backoff {
  readonly #first: number
  readonly #last: number
  #next: number

  constructor({ first, last }: { first: number; last: number }) {
    this.#first = first
    this.#last = last
    this.#next = first
  }

  /** Returns early, without an error, when the signal is aborted. */
  async wait(clock: Clock, signal?: AbortSignal): Promise<void> {
    const delay = this.#next
    this.#next = Math.min(this.#last, delay * 2)
    await sleep(clock, delay, signal).catch(() => undefined)
  }

  /** An attempt succeeded: the next failure is a first one again. */
  reset(): void {
    this.#next = this.#first
  }
}
