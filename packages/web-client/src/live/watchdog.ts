import type { Clock } from '@caughtup/schema/clock'

/** A timer is late from a fifth of the interval on, 3 s by default: far above ordinary delays. */
const lateShare = 5

/**
 * Calls `onSilence` once, after `silence` ms without a touch.
 *
 * A timer that fires much later than due means that the machine or the page was suspended, and data
 * sent meanwhile may not have been read yet: the stream gets one more interval. Only one, because a
 * hidden page's timers are always late.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #silence: number
  readonly #onSilence: () => void
  #heardAt: number
  #graced = false
  #cancel: () => void

  constructor(clock: Clock, silence: number, onSilence: () => void) {
    this.#clock = clock
    this.#silence = silence
    this.#onSilence = onSilence
    this.#heardAt = clock.monotonic()
    this.#cancel = this.#arm(silence)
  }

  /** The stream gave a sign of life. */
  touch(): void {
    this.#heardAt = this.#clock.monotonic()
    this.#graced = false
  }

  stop(): void {
    this.#cancel()
  }

  /** Waits for a whole interval again, after a stop too. */
  restart(): void {
    this.#cancel()
    this.touch()
    this.#cancel = this.#arm(this.#silence)
  }

  #arm(delay: number): () => void {
    const due = this.#clock.monotonic() + delay
    return this.#clock.after(delay, () => this.#check(due))
  }

  #check(due: number): void {
    const now = this.#clock.monotonic()
    const remaining = this.#heardAt + this.#silence - now
    if (remaining > 0) {
      this.#cancel = this.#arm(remaining)
    } else if (!this.#graced && now - due > this.#silence / lateShare) {
      this.#graced = true
      this.#cancel = this.#arm(this.#silence)
    } else {
      this.#onSilence()
    }
  }
}
