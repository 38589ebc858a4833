import { abortable } from '@caughtup/schema/abortable'

import type { RemoteChanges } from '../port/bus.ts'
import { StorageError } from '../port/storage-error.ts'

/** Sessions that are told apart; where more changed between two calls, all are said to have. */
const namedSessions = 10_000

/** Changes by others, collected until they are asked for. */
export class CollectedChanges {
  #changed: Set<string> | 'all' | undefined
  #members = new Set<string>()
  #failure: unknown
  #signal = Promise.withResolvers<void>()
  #closed = false

  async next(signal: AbortSignal): Promise<RemoteChanges> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#closed) throw new StorageError('closed', 'The database is closed.')
      const [sessions, members, failure] = [this.#changed, this.#members, this.#failure]
      this.#changed = undefined
      this.#members = new Set()
      this.#failure = undefined
      if (sessions) {
        const changes = { sessions, members: sessions === 'all' ? sessions : members }
        return failure === undefined ? changes : { ...changes, failure }
      }
      await abortable(this.#signal.promise, signal)
    }
  }

  notice(sessionIds: Iterable<string>, members: Iterable<string>): void {
    if (this.#changed === 'all') return
    this.#changed ??= new Set()
    for (const id of sessionIds) this.#changed.add(id)
    for (const id of members) this.#members.add(id)
    if (this.#changed.size > namedSessions) this.#changed = 'all'
    this.#notify()
  }

  /** Something may have been missed, and will be as long as there is a failure. */
  noticeAll(failure?: unknown): void {
    this.#changed = 'all'
    this.#failure = failure
    this.#notify()
  }

  close(): void {
    this.#closed = true
    this.#notify()
  }

  #notify(): void {
    this.#signal.resolve()
    this.#signal = Promise.withResolvers()
  }
}
