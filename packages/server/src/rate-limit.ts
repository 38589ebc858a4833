import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

/**
 * At most `limit` calls per principal in any `window` of ms. It keeps the times of those calls
 * and nothing of principals that were quiet for a window.
 */
export class RateLimit {
  readonly #limit: number
  readonly #window: number
  readonly #clock: Clock
  /** Times of calls, ascending; the principal with the newest call is last. */
  readonly #calls = new Map<string, number[]>()

  constructor(options: { limit: number; window: number; clock: Clock }) {
    this.#limit = options.limit
    this.#window = options.window
    this.#clock = options.clock
  }

  /** Counts a call. @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter` */
  take(principal: string): void {
    const now = this.#clock.monotonic()
    this.#forgetQuiet(now)
    const recent = (this.#calls.get(principal) ?? []).filter((at) => at > now - this.#window)
    if (recent.length >= this.#limit) {
      const [oldest = now] = recent
      throw new CaughtupError(
        'LIMIT_EXCEEDED',
        `More than ${this.#limit} prompts in ${this.#window / 1000} s.`,
        { limit: this.#limit, retryAfter: Math.ceil(oldest + this.#window - now) },
      )
    }
    this.#calls.delete(principal)
    this.#calls.set(principal, [...recent, now])
  }

  #forgetQuiet(now: number): void {
    for (const [principal, calls] of this.#calls) {
      const newest = calls.at(-1)
      if (newest !== undefined && newest > now - this.#window) return
      this.#calls.delete(principal)
    }
  }
}
