import {
  CaughtupError,
  type Event,
  type EventFilter,
  eventFilter,
  type EventPage,
  type EventSummary,
  type Limits,
  preview,
} from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'

import { listEvents, summarise } from '../core/reading/list-events.ts'
import { assertBetween, assertInput } from '../input/assert-input.ts'
import { finite, object, oneOf, whole } from '../input/kinds.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'
import type { CurrentStates } from './current-states.ts'
import { SharedReads } from './shared-reads.ts'

type JournalStorage = Pick<Storage, 'segments' | 'summary' | 'state' | 'maintain'>

const directions = oneOf('oldest', 'newest')

/** Reads a session's journal entry by entry, without merging, and removes its oldest entries. */
export class Journal {
  readonly #storage: JournalStorage
  readonly #limits: Readonly<Limits>
  readonly #settled: (sessionId: string, waiting?: Waiting) => Promise<void>
  readonly #states: CurrentStates
  readonly #pages = new SharedReads<EventPage>()

  constructor(
    storage: JournalStorage,
    limits: Readonly<Limits>,
    settled: (sessionId: string, waiting?: Waiting) => Promise<void>,
    states: CurrentStates,
  ) {
    this.#storage = storage
    this.#limits = limits
    this.#settled = settled
    this.#states = states
  }

  /**
   * Entries that match the filter, from the oldest or the newest: fewer than `limit` if those
   * exceed `limits.pageBytes`. `nextCursor` is the next page's `cursor`. Callers share one object
   * while the session is unchanged; it must not be changed.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` for a limit above `limits.pageMost` or an
   *   invalid filter
   */
  async list(
    sessionId: string,
    query: EventFilter & {
      /** @default 'oldest' */
      from?: 'oldest' | 'newest'
      /** Seq of the last entry of the page before, in the same direction and with the same filter. */
      cursor?: number
      /** @default limits.pageDefault */
      limit?: number
    } = {},
    { signal }: Waiting = {},
  ): Promise<EventPage> {
    assertInput('query', query, object)
    const { from = 'oldest', cursor, limit = this.#limits.pageDefault, ...rest } = query
    assertInput('from', from, directions)
    assertBetween('limit', limit, 1, this.#limits.pageMost)
    if (cursor !== undefined) assertInput('cursor', cursor, whole)
    const filter = beyond(checkedFilter(rest), from, cursor)
    await this.#settled(sessionId, { signal })
    const asked = { filter, from, limit, bytes: this.#limits.pageBytes }
    const state = await this.#states.of(sessionId)
    const load = () => listEvents(this.#storage, sessionId, asked)
    return abortable(this.#pages.read(state, JSON.stringify(asked), load), signal)
  }

  /**
   * The exact number of matching entries, by type.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` for an invalid filter
   */
  async summary(
    sessionId: string,
    filter: EventFilter = {},
    { signal }: Waiting = {},
  ): Promise<EventSummary> {
    const checked = checkedFilter(filter)
    await this.#settled(sessionId, { signal })
    return summarise(this.#storage, sessionId, checked)
  }

  /**
   * The entry of this seq, or the merged one that covers it (`from` to `seq`).
   *
   * @throws CaughtupError `NOT_FOUND`, also for an entry that retention removed
   */
  async event(sessionId: string, seq: number, { signal }: Waiting = {}): Promise<Event> {
    assertInput('seq', seq, finite)
    await this.#settled(sessionId, { signal })
    const filter = { after: Math.max(0, seq - 1) }
    const { events } = await listEvents(this.#storage, sessionId, {
      filter,
      from: 'oldest',
      limit: 1,
      bytes: Infinity,
    })
    const [event] = events
    if (event && event.from <= seq && seq <= event.seq) return event
    throw new CaughtupError('NOT_FOUND', `Session ${sessionId} has no event ${seq}.`, {
      field: 'seq',
      value: preview(seq),
    })
  }

  /**
   * Removes the entries up to a seq, as retention does: the messages stay, and a client whose cursor
   * is below the floor gets a full replay. Entries after the revision of an open message stay too, so
   * the floor that is returned may be lower than `upTo`; it is never lower than it was.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  async delete(
    sessionId: string,
    upTo: number,
    { signal }: Waiting = {},
  ): Promise<{ floor: number }> {
    assertInput('upTo', upTo, whole)
    await this.#settled(sessionId, { signal })
    await this.#storage.maintain({ trim: sessionId, upTo })
    const { floor } = await this.#storage.state(sessionId)
    return { floor }
  }
}

/** The filter for the entries behind a cursor, in a direction. */
function beyond(
  filter: EventFilter,
  from: 'oldest' | 'newest',
  cursor: number | undefined,
): EventFilter {
  if (cursor === undefined) return filter
  return from === 'oldest'
    ? { ...filter, after: Math.max(filter.after ?? 0, cursor) }
    : { ...filter, before: Math.min(filter.before ?? Infinity, cursor) }
}

/** The filter without members that are `undefined`. */
function checkedFilter(filter: EventFilter): EventFilter {
  assertInput('filter', filter, object)
  const given = Object.fromEntries(
    Object.entries(filter).filter(([, value]) => value !== undefined),
  )
  const { data, error } = eventFilter.safeParse(given)
  if (data) return data
  const [issue] = error.issues
  const field = issue?.path.join('.') || 'filter'
  const value = preview(given[String(issue?.path[0])] ?? given)
  throw new CaughtupError('BAD_INPUT', `${field} is ${value}: ${issue?.message}`, { field, value })
}
