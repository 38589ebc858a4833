/** What a client did or got, at one moment. */
export interface LogEntry {
  id: number
  /** In ms since the epoch. */
  at: number
  /** What it is about: a call that began, its answer, a frame of a stream, or its end. */
  kind: 'call' | 'answer' | 'frame' | 'end' | 'error'
  /** The procedure, as `history.loadMore`. */
  procedure: string
  /** Absent if it is about no single session. */
  sessionId?: string
  /** One line. */
  summary: string
  /** The input, the answer, the frame or the error, whole. */
  detail?: unknown
}

/** The newest entries; those beyond a limit are forgotten. */
export class Log {
  readonly #most: number
  #entries: LogEntry[] = []
  #count = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  add(entry: Omit<LogEntry, 'id'>): void {
    this.#entries.push({ id: ++this.#count, ...entry })
    // Seldom, so that an entry costs little.
    if (this.#entries.length >= 2 * this.#most) this.#entries = this.#entries.slice(-this.#most)
  }

  clear(): void {
    this.#entries = []
  }
}
