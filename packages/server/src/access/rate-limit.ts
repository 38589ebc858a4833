import type { Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { minute, tooMany } from './call-limit.ts'

type PerMinute = `${'interrupts' | 'signals'}PerMinute`

/**
 * Allows each principal the number of calls per minute that the limit of this name sets, through this process:
 * for calls that must not wait for the database. It keeps the times of the calls of the last minute only, so its
 * memory is bounded by the callers of that minute.
 */
export class RateLimit {
  readonly #name: PerMinute
  readonly #limit: number
  readonly #clock: Clock
  /** Times of calls, ascending; the principal with the newest call is last. */
  readonly #calls = new Map<string, number[]>()

  constructor(
    name: PerMinute,
    { limits, clock }: { limits: Pick<Limits, PerMinute>; clock: Clock },
  ) {
    this.#name = name
    this.#limit = limits[name]
    this.#clock = clock
  }

  /** Counts a call that another process has taken. */
  note(principal: string): void {
    const now = this.#clock.monotonic()
    this.#forgetQuiet(now)
    const recent = this.#recent(principal, now)
    this.#calls.delete(principal)
    this.#calls.set(principal, [...recent, now])
  }

  /** Counts a call. @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter` */
  take(principal: string): void {
    const now = this.#clock.monotonic()
    const recent = this.#recent(principal, now)
    if (recent.length >= this.#limit) {
      const [oldest = now] = recent
      throw tooMany(this.#name, this.#limit, oldest + minute - now)
    }
    this.note(principal)
  }

  #recent(principal: string, now: number): number[] {
    return (this.#calls.get(principal) ?? []).filter((at) => at > now - minute)
  }

  #forgetQuiet(now: number): void {
    for (const [principal, calls] of this.#calls) {
      const newest = calls.at(-1)
      if (newest !== undefined && newest > now - minute) return
      this.#calls.delete(principal)
    }
  }
}
