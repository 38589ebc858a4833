import { type ActivityRow, CaughtupError, type Limits, preview } from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { anyText, object, whole } from '../input/kinds.ts'
import type { ActivityStep, Removal } from '../port/activity.ts'
import type { ListQuery } from '../port/sessions.ts'
import type { Storage } from '../port/storage.ts'
import { pacer } from '../base/pacer.ts'
import type { ActivityAudience } from './activity-audience.ts'
import type { RemoteWatch } from './remote-watch.ts'

/** What a follower of a principal's session list gets at once. */
export interface ActivityBatch {
  rows: ActivityRow[]
  removed: Removal[]
  /**
   * Whether the batch is part of the complete list. That list ends with the first batch that has a
   * cursor; a session that is in none of its batches was removed.
   */
  complete: boolean
  /**
   * Where to continue after this batch; absent if more batches follow at once. It is opaque. A process
   * goes on from its own cursors, and from those of another one that has sent a heartbeat since its own
   * first one; any other it answers with the complete list, since a backup may have been restored. So it
   * does once the database may have lost commits, also in the middle of a feed.
   */
  cursor?: string
}

/** A page of a principal's session list, by recency, newest first. */
export interface ActivityListPage {
  rows: ActivityRow[]
  /** Gets the next page; null on the last one. */
  nextCursor: string | null
  /**
   * The feed's position when the first page was read. Follow from here to get the changes that the
   * later pages missed.
   */
  cursor: string
}

/** The process that gave it, the history of the database if it has one, and the position. */
const cursorForm = /^([\w-]{1,16})(?:~(\w{1,16}))?\.(\d{1,15})$/

/** How long a client waits before it reads the list again after `listOutrun`, in ms. */
const listRetryMs = 1_000

/** A place in a principal's feed. */
type Place = Pick<ActivityStep, 'position' | 'history'>

export interface ActivityFeedOptions {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  audience: ActivityAudience
  watch: Pick<RemoteWatch, 'watch'>
  /** Aborted when the store closes. */
  ended: AbortSignal
}

/**
 * The feed of each principal's session list: one row per session, and removals. The storage gives
 * every change a position. A follower holds only its position; when it is notified, it reads the
 * newest rows of the sessions that changed after it, at most `limits.pageMost` at a time. So there
 * is no queue per follower, and a slow one skips outdated rows.
 */
export class ActivityFeed {
  readonly #options: ActivityFeedOptions

  constructor(options: ActivityFeedOptions) {
    this.#options = options
    options.ended.addEventListener('abort', () => options.audience.close(), { once: true })
  }

  /**
   * A page of the principal's sessions. A session that moves to the front between two pages is not
   * on the later ones; a follower that starts at `cursor` gets it.
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
    const { rows, nextPlace: next, ...step } = await storage.activity(principal, query)
    const first = place?.feed ?? this.#cursor(step)
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
   * First yields the changes since the cursor, or the complete list if the cursor is missing or
   * one that is unknown, then every later change. A follower that missed removals which the storage
   * has forgotten, or of what the database may have lost, gets the complete list again. Returns when the
   * store closes.
   *
   * @throws the signal's reason; `UNAVAILABLE` if, while the complete list was read, so many sessions were
   *   removed that the storage has forgotten some of the removals, or the database may have lost commits
   */
  async *follow(
    principal: string,
    since: string | undefined,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<ActivityBatch, void, undefined> {
    assertIds({ principal })
    if (since !== undefined) assertInput('since', since, anyText)
    const { storage, limits, clock, audience, watch, ended } = this.#options
    let place = await this.#place(since)
    // Whether the follower has got a cursor, and so is up to date at `place`.
    let hasCursor = false
    // Whether it has got all rows of the complete list.
    let hasList = false
    using _watching = watch.watch()
    using listener = audience.listen(principal)
    const turn = pacer(clock, signal)
    while (!ended.aborted) {
      await turn()
      listener.reset()
      if (place === undefined) {
        if (hasList && !hasCursor) throw listOutrun()
        ;({ place, hasCursor } = yield* this.#completeList(principal, signal, turn))
        hasList = true
        continue
      }
      const query = { by: 'change', after: place.position, limit: limits.pageMost } as const
      const reading = storage.activity(principal, query)
      const { rows, removed, next, ...step }: ActivityStep = await abortable(reading, signal)
      const more = next !== undefined
      place = step.known && step.history === place.history ? step : undefined
      if (place === undefined) continue
      const cursor = more ? {} : { cursor: this.#cursor(place) }
      if (!hasCursor || rows.length + removed.length > 0) {
        hasCursor = !more
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
   * Yields every row, page by page. Rows that change meanwhile may be outdated or missing, so the
   * changes since the returned position, where the first page was read, complete the list. If
   * nothing changed, the last page has a cursor already.
   */
  async *#completeList(
    principal: string,
    signal: AbortSignal,
    turn: () => Promise<void>,
  ): AsyncGenerator<ActivityBatch, { place: Place; hasCursor: boolean }> {
    const { storage, limits } = this.#options
    let start: Place | undefined
    for (let after: number | undefined; ;) {
      const range = { limit: limits.pageMost, ...(after !== undefined && { after }) }
      const reading = storage.activity(principal, { by: 'creation', ...range })
      const { rows, next, ...step }: ActivityStep = await abortable(reading, signal)
      start ??= step
      const isSame = step.position === start.position && step.history === start.history
      const hasCursor = next === undefined && isSame
      const cursor = hasCursor ? { cursor: this.#cursor(start) } : {}
      yield { rows, removed: [], complete: true, ...cursor }
      if (next === undefined) return { place: start, hasCursor }
      after = next
      await turn()
    }
  }

  #cursor({ position, history }: Place): string {
    const of = this.#options.storage.processes.own + (history === undefined ? '' : `~${history}`)
    return `${of}.${position}`
  }

  /** A position from before a backup was restored may mean something else: then it is `undefined`. */
  async #place(cursor: string | undefined): Promise<Place | undefined> {
    const { processes } = this.#options.storage
    const [, process, history, position] = cursorForm.exec(cursor ?? '') ?? []
    if (process === undefined) return undefined
    const isKnown = process === processes.own || (await processes.wasAlive(process))
    if (!isKnown) return undefined
    return { position: Number(position), ...(history !== undefined && { history }) }
  }
}

/** The list may name sessions that are gone, and nobody knows which. */
function listOutrun(): CaughtupError {
  return new CaughtupError(
    'UNAVAILABLE',
    'While the list was read, too many sessions were removed, or the database lost commits. Read it again.',
    { retryAfter: listRetryMs },
  )
}

function decodePageCursor(cursor: string): { feed: string; query: Pick<ListQuery, 'after'> } {
  const form = /^([\w-]{1,16}(?:~\w{1,16})?\.\d{1,15})\.(\d{1,15})\.([A-Za-z0-9_-]{1,64})$/
  const [, feed, recency, id] = form.exec(cursor) ?? []
  if (feed === undefined || recency === undefined || id === undefined) {
    throw new CaughtupError('BAD_INPUT', `${preview(cursor)} is not a valid session-list cursor.`, {
      field: 'cursor',
      value: preview(cursor),
    })
  }
  return { feed, query: { after: { recency: Number(recency), id } } }
}
