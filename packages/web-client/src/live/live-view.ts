import type { ActivityFrame, ChatFrame } from '@caughtup/schema'

import type { Counters } from '../core/counters.ts'
import { type StreamTarget, StreamFollower } from './stream-follower.ts'
import { keepIdentity } from '../core/keep-identity.ts'
import type { Connection } from './connection.ts'
import type { ClientContext } from '../core/client-context.ts'

/** A view as UI frameworks bind to it: `useSyncExternalStore(view.subscribe, view.getSnapshot)`. */
export interface View<Snapshot> {
  /** Opens the stream with the first subscriber; returns the unsubscribe. Works without `this`. */
  readonly subscribe: (listener: () => void) => () => void
  /** The same object until something changes. Works without `this`. */
  readonly getSnapshot: () => Snapshot
}

/** What a kind of view adds to a live view: its state, and how that is fed and shown. */
export interface LiveViewSource<Frame, Snapshot> extends Omit<
  StreamTarget<Frame>,
  'connectionChanged'
> {
  /** `previous` lends the identity of what is equal. */
  build(connection: Connection, previous: Snapshot | undefined): Snapshot
  /** The first subscriber came, or the last one went. */
  subscribedChanged?(subscribed: boolean): void
}

/**
 * Subscribers and the published snapshot of a view. Its stream is open exactly while somebody
 * subscribes and the view is not paused.
 *
 * What frames change is published at the next animation frame. What the caller does is in the
 * snapshot at once, and told to the listeners at that frame too.
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
  /** The snapshot that the listeners were last told of. */
  #told: Snapshot

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
    this.#told = this.#snapshot
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
    // What was refused for good may have to do with the credentials that the connection carries.
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

  /** What the caller did is in the snapshot at once. */
  changed(): void {
    this.#publish()
    this.changedByFrame()
  }

  /** What the stream did is in the snapshot from the next animation frame on. */
  changedByFrame(): void {
    this.#context.notifier.request(this.#notify)
  }

  #publish(): void {
    const next = this.#source.build(this.#follower.connection, this.#snapshot)
    this.#snapshot = keepIdentity(this.#snapshot, next)
  }

  readonly #notify = (): void => {
    this.#publish()
    if (this.#snapshot === this.#told) return
    this.#told = this.#snapshot
    if (this.#subscriptions.size === 0) return
    this.#counters.add('notifications')
    for (const { listener } of this.#subscriptions) this.#call(listener)
  }

  /** A listener that throws does not keep the others from hearing; its error surfaces by itself. */
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
