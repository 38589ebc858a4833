import { CaughtupError } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { assertInput } from '../input/assert-input.ts'
import { positiveDuration, wholeOrInfinite } from '../input/kinds.ts'
import { storeDefaults, type UpdatesOptions } from '../options/store-options.ts'

export interface BrokerOptions extends UpdatesOptions {
  clock: Clock
  /** Called once per subscriber, when it first misses a must-deliver entry. */
  timedOut?: (error: CaughtupError) => void
}

/**
 * The entries from now on, until the signal is aborted, `return()` is called (idempotent) or the
 * broker is closed.
 */
export interface Subscription<T> extends AsyncIterableIterator<T>, Disposable {
  /** Must-deliver entries that the subscriber missed because it left others unread for too long. */
  readonly missed: number
}

interface Subscriber<T> {
  readonly entries: { entry: T }[]
  /** Must-deliver entries that wait for room, in order; `taken` ends their publisher's wait. */
  readonly overflow: { entry: T; taken: () => void }[]
  /** Resolvers of the waiting `next` calls, in order. */
  readonly readers: (() => void)[]
  closed: boolean
  /** For the words of the error. */
  readonly name: string
  missed: number
}

/**
 * A small in-process fan-out for code beside the store: webhooks, logs, a terminal. A subscriber
 * that does not read misses entries, which are counted. It delays publishers by the must-deliver
 * timeout at most, and holds at most its capacity and the entries that were published as
 * must-deliver within one timeout.
 */
export class Broker<T> {
  readonly #clock: Clock
  readonly #capacity: number
  readonly #mustDeliverTimeout: number
  readonly #timedOut: (error: CaughtupError) => void
  readonly #subscribers = new Set<Subscriber<T>>()
  #closed = false
  #dropCount = 0
  #mustDeliverDropCount = 0

  /** @throws CaughtupError `BAD_INPUT` for a capacity below 1, or a timeout that is not above 0 */
  constructor(options: BrokerOptions) {
    const { capacity: most, mustDeliverTimeout: longest } = storeDefaults.updates
    const { clock, capacity = most, mustDeliverTimeout = longest } = options
    const { timedOut = () => undefined } = options
    assertInput('capacity', capacity, wholeOrInfinite(1))
    assertInput('mustDeliverTimeout', mustDeliverTimeout, positiveDuration)
    this.#timedOut = timedOut
    this.#clock = clock
    this.#capacity = capacity
    this.#mustDeliverTimeout = mustDeliverTimeout
  }

  /** Entries of `publish` that full subscribers missed. */
  get dropCount(): number {
    return this.#dropCount
  }

  /**
   * Entries of `publishMustDeliver` that subscribers missed because they were still full after the
   * timeout.
   */
  get mustDeliverDropCount(): number {
    return this.#mustDeliverDropCount
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0
  }

  /** `name` is the subscriber's in the error for `timedOut`. */
  subscribe({
    signal,
    name = 'A subscriber',
  }: { signal?: AbortSignal; name?: string } = {}): Subscription<T> {
    const subscriber: Subscriber<T> = {
      entries: [],
      overflow: [],
      readers: [],
      closed: false,
      name,
      missed: 0,
    }
    const end = () => {
      signal?.removeEventListener('abort', end)
      this.#remove(subscriber)
    }
    if (this.#closed || signal?.aborted) subscriber.closed = true
    else {
      this.#subscribers.add(subscriber)
      signal?.addEventListener('abort', end, { once: true })
    }
    const subscription: Subscription<T> = {
      get missed() {
        return subscriber.missed
      },
      [Symbol.asyncIterator]() {
        return this
      },
      async next() {
        for (;;) {
          const next = subscriber.entries.shift()
          if (next) {
            const waiting = subscriber.overflow.shift()
            if (waiting) {
              subscriber.entries.push(waiting)
              waiting.taken()
            }
            return { done: false, value: next.entry }
          }
          if (subscriber.closed) return { done: true, value: undefined }
          await new Promise<void>((resolve) => subscriber.readers.push(resolve))
        }
      },
      async return() {
        end()
        return { done: true, value: undefined }
      },
      [Symbol.dispose]: end,
    }
    return subscription
  }

  /** Never waits: a full subscriber misses the entry, and `dropCount` counts it. */
  publish(entry: T): void {
    for (const subscriber of this.#subscribers) {
      if (!this.#offer(subscriber, entry)) this.#dropCount++
    }
  }

  /**
   * Waits until every subscriber has room, at most the timeout for all of them together. A
   * subscriber that is still full misses the entry, and `mustDeliverDropCount` counts it.
   */
  async publishMustDeliver(entry: T): Promise<void> {
    const waits: Promise<void>[] = []
    const late: (() => void)[] = []
    for (const subscriber of this.#subscribers) {
      if (this.#offer(subscriber, entry)) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      const place = { entry, taken: resolve }
      subscriber.overflow.push(place)
      waits.push(promise)
      late.push(() => {
        const index = subscriber.overflow.indexOf(place)
        if (index < 0) return
        subscriber.overflow.splice(index, 1)
        this.#miss(subscriber)
        resolve()
      })
    }
    if (waits.length === 0) return
    const cancel = this.#clock.after(this.#mustDeliverTimeout, () => {
      for (const giveUp of late) giveUp()
    })
    await Promise.all(waits)
    cancel()
  }

  /** Ends every subscription after the entries that it already has. */
  close(): void {
    this.#closed = true
    for (const subscriber of this.#subscribers) this.#remove(subscriber)
  }

  /**
   * Whether the subscriber accepted the entry. No entry overtakes a must-deliver entry that waits
   * for room.
   */
  #offer(subscriber: Subscriber<T>, entry: T): boolean {
    if (subscriber.overflow.length > 0 || subscriber.entries.length >= this.#capacity) return false
    subscriber.entries.push({ entry })
    subscriber.readers.shift()?.()
    return true
  }

  #miss(subscriber: Subscriber<T>): void {
    this.#mustDeliverDropCount++
    if (subscriber.missed++ > 0) return
    const limit = this.#mustDeliverTimeout
    const words = `${subscriber.name} left ${this.#capacity} updates unread for ${limit} ms and misses an update.`
    this.#timedOut(
      new CaughtupError('LIMIT_EXCEEDED', words, { limit, reason: 'must-deliver-timeout' }),
    )
  }

  #remove(subscriber: Subscriber<T>): void {
    this.#subscribers.delete(subscriber)
    subscriber.closed = true
    for (const resolve of subscriber.readers.splice(0)) resolve()
    for (const { taken } of subscriber.overflow.splice(0)) taken()
  }
}
