import type { RowChangeFeed } from '../rows/changes/change-feed.ts'
import { CollectedChanges } from '../rows/changes/collected-changes.ts'

/** Collects the changes by other openings of the database until this one asks for them. */
export class Opening implements RowChangeFeed {
  readonly #all: Set<Opening>
  readonly #collected = new CollectedChanges()

  constructor(all: Set<Opening>) {
    this.#all = all
    all.add(this)
  }

  announce(sessionIds: readonly string[], { members }: { members: boolean }): void {
    for (const opening of this.#all) {
      if (opening !== this) opening.#collected.notice(sessionIds, members ? sessionIds : [])
    }
  }

  next(signal: AbortSignal) {
    return this.#collected.next(signal)
  }

  close(): void {
    this.#all.delete(this)
    this.#collected.close()
  }
}
