import {
  CaughtupError,
  type Event,
  type EventFilter,
  type EventPage,
  type EventSummary,
  excerpt,
  type Limits,
} from '@caughtup/schema'

import { assertBetween } from '../assert-between.ts'
import type { Storage } from '../storage.ts'
import type { Waiting } from '../store-options.ts'

/** Looking through a session's journal, entry by entry: nothing is merged. */
export class Journal {
  readonly #storage: Pick<Storage, 'eventList' | 'eventSummary'>
  readonly #limits: Readonly<Limits>
  readonly #flush: (sessionId: string, waiting?: Waiting) => Promise<void>

  constructor(
    storage: Pick<Storage, 'eventList' | 'eventSummary'>,
    limits: Readonly<Limits>,
    flushSession: (sessionId: string, waiting?: Waiting) => Promise<void>,
  ) {
    this.#storage = storage
    this.#limits = limits
    this.#flush = flushSession
  }

  /**
   * Entries that match the filter, the oldest or the newest first. `next` is where to go on, as the
   * filter's `after` or `before`.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` for a limit above `limits.pageMost`
   */
  async list(
    sessionId: string,
    {
      from = 'oldest',
      limit = this.#limits.pageDefault,
      ...filter
    }: EventFilter & {
      /** @default 'oldest' */
      from?: 'oldest' | 'newest'
      /** @default limits.pageDefault */
      limit?: number
    } = {},
    { signal }: Waiting = {},
  ): Promise<EventPage> {
    assertBetween('limit', limit, 1, this.#limits.pageMost)
    await this.#flush(sessionId, signal && { signal })
    return this.#storage.eventList(sessionId, { filter, from, limit })
  }

  /**
   * How many entries match, exactly, and of which types.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  async summary(
    sessionId: string,
    filter: EventFilter = {},
    { signal }: Waiting = {},
  ): Promise<EventSummary> {
    await this.#flush(sessionId, signal && { signal })
    return this.#storage.eventSummary(sessionId, filter)
  }

  /**
   * The entry of this seq, or the one that stands for it among others (`from` to `seq`).
   *
   * @throws CaughtupError `NOT_FOUND`, also for an entry that retention removed
   */
  async event(sessionId: string, seq: number, { signal }: Waiting = {}): Promise<Event> {
    await this.#flush(sessionId, signal && { signal })
    const filter = { after: Math.max(0, seq - 1) }
    const { events } = await this.#storage.eventList(sessionId, {
      filter,
      from: 'oldest',
      limit: 1,
    })
    const [event] = events
    if (event && event.from <= seq && seq <= event.seq) return event
    throw new CaughtupError('NOT_FOUND', `Session ${sessionId} has no event ${seq}.`, {
      field: 'seq',
      value: excerpt(seq),
    })
  }
}
