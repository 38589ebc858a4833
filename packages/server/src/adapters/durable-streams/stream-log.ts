import type { Cursor, ReplayReason } from '@caughtup/schema'

/** What a stream is read from. Who may read it was checked before. */
export interface StreamLog {
  readonly contentType: string
  /** The body of a read that finds no entries. */
  readonly empty: string
  /**
   * Where the newest entry ends.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  head(signal: AbortSignal): Promise<Cursor>
  /**
   * The entries after a cursor, without one from the oldest on, as many as one answer holds; or why
   * nothing can be read from there.
   *
   * @throws CaughtupError `NOT_FOUND`, or the signal's reason
   */
  read(after: Cursor | undefined, signal: AbortSignal): Promise<LogRead | ReplayReason>
  /**
   * Waits for entries after a cursor and returns them, then those that follow. Ends when nothing more can be
   * read from where it is.
   *
   * @throws the signal's reason
   */
  follow(after: Cursor, signal: AbortSignal): AsyncIterable<LogRead>
}

export interface LogRead {
  /** The entries; `undefined` without any. */
  readonly body: string | undefined
  readonly next: Cursor
  /** Whether there was nothing more when it was read. */
  readonly upToDate: boolean
}
