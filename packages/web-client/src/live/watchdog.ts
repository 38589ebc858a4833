import type { Clock } from '@caughtup/schema/clock'

/**
 * Calls `onSilence` once when nothing was heard for `silence` ms.
 *
 * A timer that fires much later than due means that the machine or the page slept, and what was
 * sent meanwhile may still be on its way in: one fresh interval is granted before judging. Only
 * one, because a hidden page's timers are always late.
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

  /** Something was heard. */
  touch(): void {
    this.#heardAt = this.#clock.monotonic()
    this.#graced = false
  }

  stop(): void {
    this.#cancel()
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
    } else if (!this.#graced && now - due > this.#silence / 5) {
      this.#graced = true
      this.#cancel = this.#arm(this.#silence)
    } else {
      this.#onSilence()
    }
  }
}
