/** Counts since the client or the view was created. */
export interface ClientStats {
  framesReceived: number
  /**
   * Over SSE the bytes of streams, including keep-alive comments. Over a WebSocket the characters of
   * all messages, counted for the client only, because its views share one socket.
   */
  bytesReceived: number
  eventsReceived: number
  /** How often listeners were notified; at most once per animation frame and view. */
  notifications: number
  /** Attempts to open a stream, including reconnections. */
  connects: number
}

/** The counters of a client, or of a view, which also add to those of its client. */
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
