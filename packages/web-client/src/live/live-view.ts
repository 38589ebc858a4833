import type { ActivityFrame, ChatFrame } from '@caughtup/schema'

import type { ClientContext } from '../core/client-context.ts'
import type { Connection } from './connection.ts'
import { Published } from './published.ts'
import { type StreamTarget, StreamFollower } from './stream-follower.ts'

/** The part of a view that depends on its kind: its state, how frames change it, what it shows. */
export interface LiveViewSource<Frame, Snapshot> extends Omit<
  StreamTarget<Frame>,
  'connectionChanged'
> {
  /** Parts that equal those of `previous` keep their identity. */
  build(connection: Connection, previous: Snapshot | undefined): Snapshot
  /** The first subscriber came, or the last one went. */
  subscribedChanged?(subscribed: boolean): void
  connectionChanged?(): void
}

/**
 * A view that follows a stream: it is open exactly while the view has subscribers, is not paused and does
 * not give way to others.
 */
export class LiveView<Frame extends ChatFrame | ActivityFrame, Snapshot extends object> {
  readonly #context: ClientContext
  readonly #follower: StreamFollower<Frame>
  readonly #published: Published<Snapshot>
  #paused = false
  #displaced = false

  constructor(context: ClientContext, source: LiveViewSource<Frame, Snapshot>) {
    this.#context = context
    this.#follower = new StreamFollower(context, {
      open: (options) => source.open(options),
      receive: (frame, eventId) => {
        const progress = source.receive(frame, eventId)
        this.changedByFrame()
        return progress
      },
      disconnected: () => source.disconnected(),
      recovers: (error) => source.recovers(error),
      connectionChanged: () => {
        source.connectionChanged?.()
        this.changedByFrame()
      },
    })
    this.#published = new Published(context, {
      build: (previous) => source.build(this.connection, previous),
      subscribedChanged: (subscribed) => {
        source.subscribedChanged?.(subscribed)
        this.#follow()
      },
    })
  }

  get snapshot(): Snapshot {
    return this.#published.snapshot
  }

  get connection(): Connection {
    const { connection } = this.#follower
    const isDisplaced = this.#displaced && this.#published.isSubscribed && !this.#paused
    return isDisplaced ? { ...connection, status: 'displaced' } : connection
  }

  get isPaused(): boolean {
    return this.#paused
  }

  subscribe(listener: () => void): () => void {
    return this.#published.subscribe(listener)
  }

  reconnect(): void {
    // A permanent error may come from the credentials of the connection, a 401 for instance.
    if (this.connection.status === 'failed') this.#context.renewConnection()
    this.#follower.stop()
    this.#follow()
    this.changed()
  }

  pause(): void {
    this.#paused = true
    this.#follow()
    this.changed()
  }

  resume(): void {
    this.#paused = false
    this.#follow()
    this.changed()
  }

  /** Whether the view gives way to others. */
  displace(displaced: boolean): void {
    if (this.#displaced === displaced) return
    this.#displaced = displaced
    this.#follow()
    this.changed()
  }

  close(): void {
    this.#follower.stop()
    this.changed()
  }

  /** Publishes a change by the caller: the snapshot has it at once. */
  changed(): void {
    this.#published.changed()
  }

  /** Publishes a change by the stream: the snapshot has it from the next notification on. */
  changedByFrame(): void {
    this.#published.changedByFrame()
  }

  /** Opens the stream, or closes it. */
  #follow(): void {
    const isWanted = this.#published.isSubscribed && !this.#paused && !this.#displaced
    if (isWanted) this.#follower.start()
    else this.#follower.stop()
  }
}
