import { abortable } from '@caughtup/schema/abortable'

import type { CommittedBatch, RemoteChanges } from '../port/bus.ts'
import { StorageError } from '../port/storage-error.ts'
import { continuedBy, joined } from './batches.ts'

/** Sessions that are told apart; where more changed between two calls, all are said to have. */
const namedSessions = 10_000
/** Events of batches that are kept until they are asked for; beyond that, sessions are only named. */
const keptEvents = 10_000

/** Changes by others, collected until they are asked for. */
export class CollectedChanges {
  #changed: Set<string> | 'all' | undefined
  #members = new Set<string>()
  #batches = new Map<string, CommittedBatch>()
  #events = 0
  #failure: unknown
  #signal = Promise.withResolvers<void>()
  #closed = false

  async next(signal: AbortSignal): Promise<RemoteChanges> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#closed) throw new StorageError('closed', 'The database is closed.')
      const [sessions, members, batches] = [this.#changed, this.#members, this.#batches]
      const failure = this.#failure
      this.#changed = undefined
      this.#members = new Set()
      this.#batches = new Map()
      this.#events = 0
      this.#failure = undefined
      if (sessions) {
        const changes = { sessions, members: sessions === 'all' ? sessions : members }
        if (failure !== undefined) return { ...changes, failure }
        return sessions === 'all' || batches.size === 0 ? changes : { ...changes, batches }
      }
      await abortable(this.#signal.promise, signal)
    }
  }

  notice(sessionIds: Iterable<string>, members: Iterable<string>): void {
    if (this.#changed === 'all') return
    const changed = this.#changed ?? new Set<string>()
    this.#changed = changed
    for (const id of sessionIds) {
      changed.add(id)
      // It does not say all any more.
      this.#batches.delete(id)
    }
    for (const id of members) this.#members.add(id)
    this.#noticed(changed)
  }

  noticeBatch(batch: CommittedBatch): void {
    if (this.#changed === 'all') return
    const changed = this.#changed ?? new Set<string>()
    this.#changed = changed
    const { sessionId } = batch
    const before = this.#batches.get(sessionId)
    this.#events += batch.events.length
    const isKept = this.#events <= keptEvents
    if (isKept && !changed.has(sessionId)) this.#batches.set(sessionId, batch)
    else if (isKept && before && continuedBy(before, batch)) {
      this.#batches.set(sessionId, joined(before, batch))
    } else this.#batches.delete(sessionId)
    changed.add(sessionId)
    this.#noticed(changed)
  }

  /** Something may have been missed, and will be as long as there is a failure. */
  noticeAll(failure?: unknown): void {
    this.#changed = 'all'
    this.#batches.clear()
    this.#failure = failure
    this.#notify()
  }

  close(): void {
    this.#closed = true
    this.#notify()
  }

  #noticed(changed: Set<string>): void {
    if (changed.size > namedSessions) this.noticeAll()
    else this.#notify()
  }

  #notify(): void {
    this.#signal.resolve()
    this.#signal = Promise.withResolvers()
  }
}
