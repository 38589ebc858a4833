import { type Clock, sleep } from '@caughtup/schema/clock'

import type { ChangeFeed, RemoteChanges } from '../../../port/bus.ts'
import type { Database } from '../file/database.ts'

/**
 * How often the feed looks for commits of other processes, in ms. A reader does not notice so short
 * a delay, and looking is cheap, since SQLite answers from shared memory.
 */
const pollEvery = 40

export interface LogFeedOptions {
  db: Database
  clock: Clock
  /** Reads remote commits, and returns the sessions that they changed since the last call. */
  read: () => RemoteChanges
  /** Aborted when the storage closes. */
  closed: AbortSignal
}

/** Reports what other processes commit to the same file; SQLite's `data_version` reveals it. */
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
        // Titles, read marks and new sessions are not in the log, so the sets may be empty.
        const changes = read()
        this.#polledVersion = version
        return changes
      }
      await sleep(clock, pollEvery, waiting)
    }
  }
}
