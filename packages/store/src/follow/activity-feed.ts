import type { ActivityRow } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'

import { anyText, assertIds, assertInput, whole } from '../assert-input.ts'
import type { ActivityAudience } from './activity-audience.ts'
import type { ActivityChanges, Storage } from '../storage.ts'

/** Changes of a principal's session list, with the cursor that stands behind them. */
export interface ActivityBatch extends ActivityChanges {
  /** Opaque; good for as long as this process lives, after that it gets the complete list. */
  cursor: string
}

export interface ActivityFeedOptions {
  storage: Storage
  audience: ActivityAudience
  /** Positions of another process or of a restored database mean nothing here. */
  feedId: string
  /** Looks out for what other processes write, until it is disposed of. */
  watch: () => Disposable
  /** Aborted when the store closes. */
  ended: AbortSignal
}

/**
 * The feed of session rows. Like a session's journal it is followed by a cursor and a bell: per
 * subscriber nothing waits, and of each session only the newest row is ever read.
 */
export class ActivityFeed {
  readonly #options: ActivityFeedOptions

  constructor(options: ActivityFeedOptions) {
    this.#options = options
    options.ended.addEventListener('abort', () => options.audience.close(), { once: true })
  }

  /** Every session of the principal, in the order in which they last changed. */
  async list(principal: string): Promise<ActivityBatch> {
    assertIds({ principal })
    return this.#read(principal, undefined)
  }

  /** One session's row, or `undefined` where the principal has none. */
  async row(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    assertIds({ principal, sessionId })
    return this.#options.storage.activityRow(principal, sessionId)
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
    assertIds({ principal })
    if (since !== undefined) assertInput('since', since, anyText)
    const { audience, watch, ended } = this.#options
    let position = this.#position(since)
    let first = true
    using _watching = watch()
    using listener = audience.listen(principal)
    while (!ended.aborted) {
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
    assertIds({ sessionId, principal })
    assertInput('upTo', upTo, whole)
    const { storage, audience } = this.#options
    const mark = await storage.markRead(sessionId, principal, upTo)
    audience.changedFor(principal)
    return mark
  }

  async #read(principal: string, since: number | undefined): Promise<ActivityBatch> {
    const { storage, feedId } = this.#options
    const changes = await storage.activity(principal, since)
    return { ...changes, cursor: `${feedId}.${changes.position}` }
  }

  #position(cursor: string | undefined): number | undefined {
    const [feedId, position] = cursor?.split('.') ?? []
    return feedId === this.#options.feedId && /^\d{1,15}$/.test(position ?? '')
      ? Number(position)
      : undefined
  }
}
