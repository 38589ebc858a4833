import type { Clock } from '@caughtup/schema/clock'

/** Who is notified of a change. */
export class Listeners {
  readonly #clock: Clock
  /** One entry per subscription, so that the same function may subscribe twice. */
  readonly #subscriptions = new Set<{ listener: () => void }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#subscriptions.size
  }

  /** Returns the removal, which tells whether the listener was still there. */
  add(listener: () => void): () => boolean {
    const subscription = { listener }
    this.#subscriptions.add(subscription)
    return () => this.#subscriptions.delete(subscription)
  }

  /** If a listener throws, the others are still called; its error surfaces in a turn of its own. */
  notify(): void {
    for (const { listener } of this.#subscriptions) {
      try {
        listener()
      } catch (error) {
        this.#clock.after(0, () => {
          throw error
        })
      }
    }
  }
}
