import { type Clock, sleep } from '@caughtup/schema/clock'

import type { ChangeFeed, RemoteChanges } from '../../../port/change-feed.ts'
import type { Database } from '../file/database.ts'

/**
 * How often the database is asked for commits of other processes, in ms: soon enough for a reader,
 * and little work, since SQLite answers from its shared memory.
 */
const pollEvery = 40

export interface LogFeedOptions {
  db: Database
  clock: Clock
  /** Reads what others wrote, and gives the sessions that it touched since the last call. */
  read: () => RemoteChanges['sessions'] | undefined
  /** Aborted when the storage closes. */
  closed: AbortSignal
}

/** What other processes commit to the same file, by SQLite's `data_version`. */
export class LogFeed implements ChangeFeed {
  readonly #options: LogFeedOptions
  #polledVersion: number

  constructor(options: LogFeedOptions) {
    this.#options = options
    this.#polledVersion = options.db.dataVersion()
  }

  async next(signal: AbortSignal): Promise<RemoteChanges> {
    const { db, clock, read, closed } = this.#options
    const waiting = AbortSignal.any([signal, closed])
    for (;;) {
      waiting.throwIfAborted()
      db.assertInPlace(clock.monotonic())
      const version = db.dataVersion()
      if (version !== this.#polledVersion) {
        // Titles, read marks and new sessions leave nothing in the log.
        const sessions = read() ?? new Set<string>()
        this.#polledVersion = version
        return { sessions }
      }
      await sleep(clock, pollEvery, waiting)
    }
  }
}
