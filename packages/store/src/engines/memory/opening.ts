import { abortable } from '@caughtup/schema/abortable'

import type { RemoteChanges } from '../../port/change-feed.ts'
import { StorageError } from '../../port/storage-error.ts'
import type { RowChangeFeed } from '../rows/change-feed.ts'

/** Sessions that are told apart; where more changed between two calls, all are said to have. */
const namedSessions = 10_000

/** Collects the changes by other openings of the database until this one asks for them. */
export class Opening implements RowChangeFeed {
  readonly #all: Set<Opening>
  #changed: Set<string> | 'all' | undefined
  #signal = Promise.withResolvers<void>()
  #closed = false

  constructor(all: Set<Opening>) {
    this.#all = all
    all.add(this)
  }

  announce(sessionIds: readonly string[]): void {
    for (const opening of this.#all) if (opening !== this) opening.#notice(sessionIds)
  }

  async next(signal: AbortSignal): Promise<RemoteChanges> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#closed) throw new StorageError('closed', 'The database is closed.')
      const sessions = this.#changed
      this.#changed = undefined
      if (sessions) return { sessions }
      await abortable(this.#signal.promise, signal)
    }
  }

  close(): void {
    this.#closed = true
    this.#all.delete(this)
    this.#notify()
  }

  #notice(sessionIds: readonly string[]): void {
    if (this.#changed === 'all') return
    this.#changed ??= new Set()
    for (const id of sessionIds) this.#changed.add(id)
    if (this.#changed.size > namedSessions) this.#changed = 'all'
    this.#notify()
  }

  #notify(): void {
    this.#signal.resolve()
    this.#signal = Promise.withResolvers()
  }
}
