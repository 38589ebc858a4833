export interface FlushOptions {
  /**
   * How long deltas gather before they are committed, in ms; one window for the whole store. Under
   * load it stretches, to 1 s at most, so that flushing takes a quarter of the time.
   * 0 or less commits each delta before its call returns. @default 33
   */
  windowMs?: number
  /** Commit the first delta of each message at once, for the shortest time to first text. @default false */
  firstDelta?: boolean
  /** Bytes that may wait to be committed before calls wait instead. @default 8 MiB */
  maxUnflushedBytes?: number
  /**
   * How long a call waits for a database that takes nothing (it is full, locked, fails or has been
   * moved away), in ms. Then a read answers from what is committed, and a write is withdrawn and
   * refused with `UNAVAILABLE`. Messages that are being written are never refused: their writers are
   * held back until the database takes them. @default 3000
   */
  maxWaitMs?: number
}
