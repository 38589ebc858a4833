import { type ActivityRow, CaughtupError } from '@caughtup/schema'

import type { ActivityBatch } from '../../src/follow/activity-feed.ts'
import { StorageError } from '../../src/port/storage-error.ts'
import type { Store } from '../../src/store.ts'

/** What a client of the session list shows, and where it goes on. */
export class ShownList {
  #rows: ReadonlyMap<string, ActivityRow>
  #collecting: Map<string, ActivityRow> | undefined
  /** Of the newest batch that had one. */
  cursor: string | undefined

  /** As another one shows it now. */
  constructor(
    { rows, cursor }: Pick<ShownList, 'rows' | 'cursor'> = { rows: [], cursor: undefined },
  ) {
    this.#rows = new Map(rows.map((row) => [row.sessionId, row]))
    this.cursor = cursor
  }

  get rows(): ActivityRow[] {
    return [...this.#rows.values()]
  }

  /** Takes all batches, until they end or fail. */
  async takeAll(batches: AsyncIterable<ActivityBatch>): Promise<void> {
    this.#collecting = undefined
    for await (const batch of batches) this.#take(batch)
  }

  #take({ complete, rows: changed, removed, cursor }: ActivityBatch): void {
    if (complete) this.#collecting ??= new Map()
    const rows = this.#collecting ?? new Map(this.#rows)
    for (const row of changed) rows.set(row.sessionId, row)
    for (const { sessionId } of removed) rows.delete(sessionId)
    if (!this.#collecting || cursor !== undefined) this.#rows = rows
    if (cursor === undefined) return
    this.#collecting = undefined
    this.cursor = cursor
  }
}

/** A list that follows at one process at a time, and again where that is interrupted. */
export class OpenList extends ShownList {
  readonly principal: string
  #leaving: AbortController | undefined
  #followed: Promise<void> = Promise.resolve()

  /** As another one shows it, if it is given. */
  constructor(principal: string, from?: ShownList) {
    super(from)
    this.principal = principal
  }

  get isFollowing(): boolean {
    return this.#leaving !== undefined
  }

  /** Follows at this process from now on. */
  async follow(store: Store): Promise<void> {
    await this.leave()
    this.#leaving = new AbortController()
    this.#followed = this.#follow(store, this.#leaving.signal)
  }

  async leave(): Promise<void> {
    this.#leaving?.abort()
    this.#leaving = undefined
    await this.#followed
  }

  async #follow(store: Store, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.takeAll(store.activity.follow(this.principal, this.cursor, { signal }))
      } catch (error) {
        const isPassing = error instanceof StorageError || error instanceof CaughtupError
        if (!signal.aborted && !isPassing) throw error
      }
    }
  }
}

/** Rows by session, to compare lists with. */
export function bySession({ rows }: Pick<ShownList, 'rows'>) {
  return rows.toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
}
