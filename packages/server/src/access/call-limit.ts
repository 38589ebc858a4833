import { CaughtupError, type Limits } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

/** In ms. */
export const minute = 60_000

type CountedLimit = `${'creates' | 'sends' | 'changes' | 'uploads'}PerMinute`

/**
 * Allows each principal the number of calls per minute that the limit of this name sets, through all processes
 * of the database together: each call is counted there, with one statement. Where the database does not answer,
 * no call is taken.
 */
export class CallLimit {
  readonly #name: CountedLimit
  readonly #most: number
  readonly #store: Pick<Store, 'clock' | 'countCall'>
  /** Until when principals are refused without asking the database, by the monotonic clock. */
  readonly #refused = new Map<string, number>()

  constructor(
    name: CountedLimit,
    around: { limits: Pick<Limits, CountedLimit>; store: Pick<Store, 'clock' | 'countCall'> },
  ) {
    this.#name = name
    this.#most = around.limits[name]
    this.#store = around.store
  }

  /** Counts a call. @throws CaughtupError `LIMIT_EXCEEDED` with `retryAfter` */
  async take(principal: string): Promise<void> {
    if (this.#most === Infinity) return
    const { clock } = this.#store
    const left = (this.#refused.get(principal) ?? 0) - clock.monotonic()
    if (left > 0) throw tooMany(this.#name, this.#most, left)
    const wait = await this.#store.countCall({
      principal,
      name: this.#name,
      most: this.#most,
      within: minute,
    })
    if (wait === 0) return
    this.#refuse(principal, wait)
    throw tooMany(this.#name, this.#most, wait)
  }

  /** Keeps those only that were refused in the last minute or two. */
  #refuse(principal: string, wait: number): void {
    const now = this.#store.clock.monotonic()
    this.#refused.delete(principal)
    this.#refused.set(principal, now + wait)
    for (const [earlier, until] of this.#refused) {
      if (until > now) return
      this.#refused.delete(earlier)
    }
  }
}

export function tooMany(name: keyof Limits, limit: number, wait: number): CaughtupError {
  return new CaughtupError('LIMIT_EXCEEDED', `More than ${limit} calls in one minute (${name}).`, {
    limit,
    retryAfter: Math.ceil(wait),
  })
}
