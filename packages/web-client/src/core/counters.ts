/** What went by since the client or the view was made. */
export interface ClientStats {
  framesReceived: number
  /**
   * Bytes of streams over SSE, keep-alive comments included; characters of all messages over
   * WebSocket, where they are counted for the client only, because its views share one socket.
   */
  bytesReceived: number
  eventsReceived: number
  /** Times that listeners were told of a change; at most one per animation frame and view. */
  notifications: number
  /** Streams asked for, first ones and reconnections. */
  connects: number
}

/** Plain counters that add to those of their client as well. */
export class Counters {
  readonly #parent: Counters | undefined
  readonly #stats: ClientStats = {
    framesReceived: 0,
    bytesReceived: 0,
    eventsReceived: 0,
    notifications: 0,
    connects: 0,
  }

  constructor(parent?: Counters) {
    this.#parent = parent
  }

  add(name: keyof ClientStats, count = 1): void {
    this.#stats[name] += count
    this.#parent?.add(name, count)
  }

  read(): ClientStats {
    return { ...this.#stats }
  }
}
