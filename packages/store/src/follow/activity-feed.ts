import { type ActivityRow, CaughtupError, type Limits, preview } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { anyText, object, whole } from '../input/kinds.ts'
import type { Removal } from '../port/activity.ts'
import type { ListQuery } from '../port/sessions.ts'
import type { Storage } from '../port/storage.ts'
import { pacer } from '../base/pacer.ts'
import type { ActivityAudience } from './activity-audience.ts'
import type { RemoteWatch } from './remote-watch.ts'

/** A step of the feed of a principal's session list. */
export interface ActivityBatch {
  rows: ActivityRow[]
  removed: Removal[]
  /**
   * Whether the batch is part of the complete list. A session that is in no batch from the first of
   * these to the one with a cursor is gone.
   */
  complete: boolean
  /**
   * The follower's position after this batch; absent while more is to come. It is opaque, and valid
   * for the life of this process; with a cursor of another process, a follower gets the complete
   * list.
   */
  cursor?: string
}

/** A page of a principal's session list, by recency, newest first. */
export interface ActivityListPage {
  rows: ActivityRow[]
  /** For the next page; null on the last one. */
  nextCursor: string | null
  /**
   * Of the moment of the first page: following since then brings the changes that later pages
   * missed.
   */
  cursor: string
}

/** When a list that removals outran is worth another try: one that takes long has many rows. */
const listRetryMs = 1_000

export interface ActivityFeedOptions {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  random: () => number
  audience: ActivityAudience
  watch: Pick<RemoteWatch, 'watch'>
  /** Aborted when the store closes. */
  ended: AbortSignal
}

/**
 * The feed of session rows. It is followed by a cursor and a notifier, as a session's journal is:
 * there is no queue per subscriber, and of each session only the newest row is read, at most
 * `limits.pageMost` rows at a time.
 */
export class ActivityFeed {
  readonly #options: ActivityFeedOptions
  /** Tells positions of another process or of a restored database from this one's. */
  readonly #feedId: string

  constructor(options: ActivityFeedOptions) {
    this.#options = options
    this.#feedId = Math.floor(options.random() * 2 ** 48).toString(36)
    options.ended.addEventListener('abort', () => options.audience.close(), { once: true })
  }

  /**
   * A page of the principal's sessions. A session that moves to the front between two pages is on
   * none of the later ones; a follower since `cursor` gets it.
   *
   * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost` or an invalid cursor
   */
  async list(
    principal: string,
    options: { cursor?: string; limit?: number } = {},
  ): Promise<ActivityListPage> {
    const { storage, limits } = this.#options
    assertIds({ principal })
    assertInput('options', options, object)
    const { cursor, limit = limits.pageDefault } = options
    assertBetween('limit', limit, 1, limits.pageMost)
    const place = cursor === undefined ? undefined : decodePageCursor(cursor)
    const query = { by: 'recency', limit, ...place?.query } as const
    const { rows, nextPlace: next, position } = await storage.activity(principal, query)
    const first = place?.feed ?? this.#cursor(position)
    return {
      rows,
      nextCursor: next ? `${first}.${next.recency}.${next.id}` : null,
      cursor: first,
    }
  }

  /** One session's row; `undefined` if the principal is not a member. */
  async row(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    assertIds({ principal, sessionId })
    const query = { by: 'session', sessionId } as const
    const { rows } = await this.#options.storage.activity(principal, query)
    return rows[0]
  }

  /**
   * Yields the changes since the cursor at once, or everything (`complete`), then further changes.
   * A follower behind the oldest remembered removal gets everything again. Returns when the store
   * closes.
   *
   * @throws the signal's reason; `UNAVAILABLE` if removals that happened while the complete list
   *   was read are no longer remembered at its end
   */
  async *follow(
    principal: string,
    since: string | undefined,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<ActivityBatch, void, undefined> {
    assertIds({ principal })
    if (since !== undefined) assertInput('since', since, anyText)
    const { storage, limits, clock, audience, watch, ended } = this.#options
    let position = this.#position(since)
    /** Whether the follower has everything up to `position`, and whether it got a complete list. */
    let isTold = false
    let isListed = false
    using _watching = watch.watch()
    using listener = audience.listen(principal)
    const turn = pacer(clock, signal)
    while (!ended.aborted) {
      await turn()
      listener.reset()
      if (position === undefined) {
        if (isListed && !isTold) throw listOutrun()
        ;({ position, isTold } = yield* this.#everything(principal, signal, turn))
        isListed = true
        continue
      }
      const query = { by: 'change', after: position, limit: limits.pageMost } as const
      const reading = storage.activity(principal, query)
      const { rows, removed, next, ...changes } = await abortable(reading, signal)
      const more = next !== undefined
      position = changes.known ? changes.position : undefined
      if (position === undefined) continue
      const cursor = more ? {} : { cursor: this.#cursor(position) }
      if (!isTold || rows.length + removed.length > 0) {
        isTold = !more
        yield { rows, removed, complete: false, ...cursor }
      } else {
        await listener.next(signal)
      }
    }
  }

  /** Moves the principal's read mark forward, never back, and returns it. */
  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    assertIds({ sessionId, principal })
    assertInput('upTo', upTo, whole)
    const { storage, audience } = this.#options
    const mark = await storage.markRead(sessionId, principal, upTo)
    audience.changedFor(principal)
    return mark
  }

  /**
   * Every row, step by step. Rows that change meanwhile may be old or missing: the changes since
   * the returned position also belong to the list.
   */
  async *#everything(
    principal: string,
    signal: AbortSignal,
    turn: () => Promise<void>,
  ): AsyncGenerator<ActivityBatch, { position: number; isTold: boolean }> {
    const { storage, limits } = this.#options
    let start: number | undefined
    for (let after: number | undefined; ;) {
      const step = { limit: limits.pageMost, ...(after !== undefined && { after }) }
      const reading = storage.activity(principal, { by: 'creation', ...step })
      const { rows, next, position } = await abortable(reading, signal)
      start ??= position
      const isTold = next === undefined && position === start
      const cursor = isTold ? { cursor: this.#cursor(position) } : {}
      yield { rows, removed: [], complete: true, ...cursor }
      if (next === undefined) return { position: start, isTold }
      after = next
      await turn()
    }
  }

  #cursor(position: number): string {
    return `${this.#feedId}.${position}`
  }

  #position(cursor: string | undefined): number | undefined {
    const [feedId, position] = cursor?.split('.') ?? []
    return feedId === this.#feedId && /^\d{1,15}$/.test(position ?? '')
      ? Number(position)
      : undefined
  }
}

/** The list may name sessions that are gone, and their removals are no longer remembered. */
function listOutrun(): CaughtupError {
  return new CaughtupError(
    'UNAVAILABLE',
    'Sessions were removed faster than the list of them was read.',
    { retryAfter: listRetryMs },
  )
}

function decodePageCursor(cursor: string): { feed: string; query: Pick<ListQuery, 'after'> } {
  const form = /^([0-9a-z]{1,16}\.\d{1,15})\.(\d{1,15})\.([A-Za-z0-9_-]{1,64})$/
  const [, feed, recency, id] = form.exec(cursor) ?? []
  if (feed === undefined || recency === undefined || id === undefined) {
    throw new CaughtupError('BAD_INPUT', `${preview(cursor)} is not a valid session-list cursor.`, {
      field: 'cursor',
      value: preview(cursor),
    })
  }
  return { feed, query: { after: { recency: Number(recency), id } } }
}
