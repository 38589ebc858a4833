import type { ClientContext } from '../core/client-context.ts'
import { keepIdentity } from '../core/keep-identity.ts'
import { Listeners } from '../core/listeners.ts'

/** A view as UI frameworks bind to it: `useSyncExternalStore(view.subscribe, view.getSnapshot)`. */
export interface View<Snapshot> {
  /** Opens the stream with the first subscriber; returns the unsubscribe. Works without `this`. */
  readonly subscribe: (listener: () => void) => () => void
  /** The same object until something changes. Works without `this`. */
  readonly getSnapshot: () => Snapshot
}

export interface PublishedSource<Snapshot> {
  /** Parts that equal those of `previous` keep their identity. */
  build(previous: Snapshot | undefined): Snapshot
  /** The first subscriber came, or the last one went. */
  subscribedChanged(subscribed: boolean): void
}

/**
 * The subscribers of a view and the snapshot that they get.
 *
 * Changes by the stream are published at the next notification. Changes by the caller are in the
 * snapshot at once; listeners hear of them in the next animation frame.
 */
export class Published<Snapshot extends object> {
  readonly #context: ClientContext
  readonly #source: PublishedSource<Snapshot>
  readonly #listeners: Listeners
  #snapshot: Snapshot
  /** The snapshot of the last notification. */
  #announced: Snapshot

  constructor(context: ClientContext, source: PublishedSource<Snapshot>) {
    this.#context = context
    this.#source = source
    this.#listeners = new Listeners(context.clock)
    this.#snapshot = source.build(undefined)
    this.#announced = this.#snapshot
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  get isSubscribed(): boolean {
    return this.#listeners.size > 0
  }

  subscribe(listener: () => void): () => void {
    const remove = this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      this.#source.subscribedChanged(true)
      this.changed()
    }
    return () => {
      if (!remove() || this.isSubscribed) return
      this.#source.subscribedChanged(false)
      this.changed()
    }
  }

  /** Publishes a change by the caller: the snapshot has it at once. */
  changed(): void {
    this.#publish()
    this.#context.notifier.requestSoon(this.#notify)
  }

  /** Publishes a change by the stream: the snapshot has it from the next notification on. */
  changedByFrame(): void {
    this.#context.notifier.request(this.#notify)
  }

  #publish(): void {
    this.#snapshot = keepIdentity(this.#snapshot, this.#source.build(this.#snapshot))
  }

  readonly #notify = (): void => {
    this.#publish()
    if (this.#snapshot === this.#announced) return
    this.#announced = this.#snapshot
    if (!this.isSubscribed) return
    this.#context.counters.add('notifications')
    this.#listeners.notify()
  }
}
