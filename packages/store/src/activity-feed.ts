import type { ActivityRow } from '@caughtup/schema'

import { abortable } from '@caughtup/schema/abortable'
import { Bell } from './bell.ts'
import type { ActivityChanges, Storage } from './storage.ts'

/** Changes of a principal's session list, with the cursor that stands behind them. */
export interface ActivityBatch extends ActivityChanges {
  /** Opaque; good for as long as this process lives, after that it gets the complete list. */
  cursor: string
}

const everybody = ''

/**
 * The feed of session rows. Like a session's journal it is followed by a cursor and a bell: per
 * subscriber nothing waits, and of each session only the newest row is ever read.
 */
export class ActivityFeed {
  readonly #storage: Storage
  readonly #bell = new Bell()
  /** Positions of another process or of a restored database mean nothing here. */
  readonly #feedId: string
  readonly #ended: AbortSignal

  constructor(options: { storage: Storage; feedId: string; ended: AbortSignal }) {
    this.#storage = options.storage
    this.#feedId = options.feedId
    this.#ended = options.ended
    this.#ended.addEventListener('abort', () => this.changed(), { once: true })
  }

  /** Every session of the principal, in the order in which they last changed. */
  list(principal: string): Promise<ActivityBatch> {
    return this.#read(principal, undefined)
  }

  /** One session's row, or `undefined` where the principal has none. */
  row(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    return this.#storage.activityRow(principal, sessionId)
  }

  /**
   * First, at once, what changed since the cursor (or everything, with `complete`), then every
   * further change. Returns when the store closes; throws the signal's reason.
   */
  async *follow(
    principal: string,
    since: string | undefined,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<ActivityBatch, void, undefined> {
    let position = this.#position(since)
    let first = true
    using listener = this.#bell.listen(everybody)
    while (!this.#ended.aborted) {
      signal.throwIfAborted()
      listener.quiet()
      const batch = await abortable(this.#read(principal, position), signal)
      position = batch.position
      if (first || batch.rows.length > 0 || batch.removed.length > 0) yield batch
      else await listener.rung(signal)
      first = false
    }
  }

  /** Moves the principal's read mark forward, never back; returns where it stands. */
  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    const mark = await this.#storage.markRead(sessionId, principal, upTo)
    this.changed()
    return mark
  }

  /** Tells followers that rows may have changed. */
  changed(): void {
    this.#bell.ring(everybody)
  }

  async #read(principal: string, since: number | undefined): Promise<ActivityBatch> {
    const changes = await this.#storage.activity(principal, since)
    return { ...changes, cursor: `${this.#feedId}.${changes.position}` }
  }

  #position(cursor: string | undefined): number | undefined {
    const [feedId, position] = cursor?.split('.') ?? []
    return feedId === this.#feedId && /^\d{1,15}$/.test(position ?? '')
      ? Number(position)
      : undefined
  }
}
