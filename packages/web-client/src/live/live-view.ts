import type { ActivityFrame, ChatFrame } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import type { Counters } from '../core/counters.ts'
import { keepIdentity } from '../core/keep-identity.ts'
import type { Connection } from './connection.ts'
import { type StreamTarget, StreamFollower } from './stream-follower.ts'

/** A view as UI frameworks bind to it: `useSyncExternalStore(view.subscribe, view.getSnapshot)`. */
export interface View<Snapshot> {
  /** Opens the stream with the first subscriber; returns the unsubscribe. Works without `this`. */
  readonly subscribe: (listener: () => void) => () => void
  /** The same object until something changes. Works without `this`. */
  readonly getSnapshot: () => Snapshot
}

/** The part of a view that depends on its kind: its state, how frames change it, what it shows. */
export interface LiveViewSource<Frame, Snapshot> extends Omit<
  StreamTarget<Frame>,
  'connectionChanged'
> {
  /** Parts that equal those of `previous` keep their identity. */
  build(connection: Connection, previous: Snapshot | undefined): Snapshot
  /** The first subscriber came, or the last one went. */
  subscribedChanged?(subscribed: boolean): void
}

/**
 * The subscribers and the published snapshot of a view. Its stream is open exactly while the view has
 * subscribers and is not paused.
 *
 * Changes by frames are published at the next animation frame. Changes by the caller are in the
 * snapshot at once; listeners hear of them at that frame too.
 */
export class LiveView<Frame extends ChatFrame | ActivityFrame, Snapshot extends object> {
  readonly #context: ClientContext
  readonly #source: LiveViewSource<Frame, Snapshot>
  readonly #follower: StreamFollower<Frame>
  readonly #counters: Counters
  /** One entry per subscription, so that the same function may subscribe twice. */
  readonly #subscriptions = new Set<{ listener: () => void }>()
  #paused = false
  #snapshot: Snapshot
  /** The snapshot of the last notification. */
  #announced: Snapshot

  constructor(context: ClientContext, source: LiveViewSource<Frame, Snapshot>) {
    this.#context = context
    this.#source = source
    this.#counters = context.counters
    this.#follower = new StreamFollower(context, {
      open: (options) => source.open(options),
      receive: (frame, eventId) => {
        const progress = source.receive(frame, eventId)
        this.changedByFrame()
        return progress
      },
      disconnected: () => source.disconnected(),
      recovers: (error) => source.recovers(error),
      connectionChanged: () => this.changedByFrame(),
    })
    this.#snapshot = source.build(this.#follower.connection, undefined)
    this.#announced = this.#snapshot
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  get connection(): Connection {
    return this.#follower.connection
  }

  subscribe(listener: () => void): () => void {
    const subscription = { listener }
    this.#subscriptions.add(subscription)
    if (this.#subscriptions.size === 1) {
      this.#source.subscribedChanged?.(true)
      if (!this.#paused) this.#follower.start()
      this.changed()
    }
    return () => {
      if (!this.#subscriptions.delete(subscription) || this.#subscriptions.size > 0) return
      this.#source.subscribedChanged?.(false)
      this.#follower.stop()
      this.changed()
    }
  }

  reconnect(): void {
    // A permanent error may come from the credentials of the connection, a 401 for instance.
    if (this.connection.status === 'failed') this.#context.renewConnection()
    this.#follower.stop()
    if (this.#subscriptions.size > 0 && !this.#paused) this.#follower.start()
    this.changed()
  }

  pause(): void {
    this.#paused = true
    this.#follower.stop()
    this.changed()
  }

  resume(): void {
    this.#paused = false
    if (this.#subscriptions.size > 0) this.#follower.start()
    this.changed()
  }

  close(): void {
    this.#follower.stop()
    this.changed()
  }

  /** Publishes a change by the caller: the snapshot has it at once. */
  changed(): void {
    this.#publish()
    this.changedByFrame()
  }

  /** Publishes a change by the stream: the snapshot has it from the next animation frame on. */
  changedByFrame(): void {
    this.#context.notifier.request(this.#notify)
  }

  #publish(): void {
    const next = this.#source.build(this.#follower.connection, this.#snapshot)
    this.#snapshot = keepIdentity(this.#snapshot, next)
  }

  readonly #notify = (): void => {
    this.#publish()
    if (this.#snapshot === this.#announced) return
    this.#announced = this.#snapshot
    if (this.#subscriptions.size === 0) return
    this.#counters.add('notifications')
    for (const { listener } of this.#subscriptions) this.#call(listener)
  }

  /** If a listener throws, the others are still called; its error surfaces in a turn of its own. */
  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#context.clock.after(0, () => {
        throw error
      })
    }
  }
}
