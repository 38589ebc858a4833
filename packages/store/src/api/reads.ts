import type {
  Cursor,
  EpochUsagePage,
  EventDraft,
  Limits,
  Message,
  Page,
  ReplayReason,
} from '@caughtup/schema'
import { abortable } from '@caughtup/schema/abortable'
import { messagesOf } from '@caughtup/schema/event'

import { checkCursor } from '../core/reading/cursor-verdict.ts'
import { readBatch } from '../core/reading/read-events.ts'
import { entriesLost } from '../errors/session-errors.ts'
import { readAround, readPage } from '../core/reading/read-page.ts'
import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { aCursor, finite, object, positive, whole } from '../input/kinds.ts'
import type { ReadBatch, SessionHead, StoredState, Window } from '../port/reading.ts'
import type { IdleQuery, IdleSession } from '../port/sessions.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'
import { type Probe, probeSession } from './probe.ts'
import { type SessionUsage, usageByEpoch, usageOf } from './usage-ledger.ts'
import type { Coalescer } from '../commit/coalescer.ts'
import type { CurrentStates } from './current-states.ts'
import { SharedReads } from './shared-reads.ts'

/** Without a place, the page ends with the newest message. */
export type PageOptions = {
  /** @default limits.pageDefault */
  limit?: number
} & ({ before?: number } | { after: number } | { around: string })

export interface ReadsOptions {
  storage: Storage
  limits: Readonly<Limits>
  coalescer: Pick<Coalescer, 'settle' | 'flush' | 'answered'>
  states: CurrentStates
}

/**
 * Reads a session as of now: its buffered changes are committed first. If the database accepts no
 * writes, a read waits for `flush.maxWaitMs` at most and answers from what is committed.
 */
export class Reads {
  readonly #options: ReadsOptions
  readonly #windows = new SharedReads<Window>()
  readonly #batches = new SharedReads<ReadBatch>()

  constructor(options: ReadsOptions) {
    this.#options = options
  }

  /** Commits what the session has buffered, as far as the database accepts it in time. */
  readonly settled = async (sessionId: string, { signal }: Waiting = {}): Promise<void> => {
    assertIds({ sessionId })
    await this.#options.coalescer.settle((slice) => slice.sessionId === sessionId, signal)
  }

  /** The same, but rejects when the database does not. @throws CaughtupError `UNAVAILABLE` */
  readonly flushed = async (sessionId: string, { signal }: Waiting = {}): Promise<void> => {
    assertIds({ sessionId })
    const { coalescer } = this.#options
    const flushed = coalescer.flush((slice) => slice.sessionId === sessionId, signal)
    await coalescer.answered(flushed)
  }

  /** A message with every change that was accepted before the call, however long that takes. */
  readonly wholeMessage = async (sessionId: string, messageId: string) => {
    await this.#options.coalescer.flush(isAbout(messageId))
    return this.#options.storage.message(sessionId, messageId)
  }

  /**
   * The newest epoch, capped, as of now: what a fresh client shows. Callers share one object while
   * the session is unchanged; it must not be changed.
   */
  readonly window = async (sessionId: string, { signal }: Waiting = {}): Promise<Window> => {
    const state = await this.#state(sessionId, { signal })
    const { storage, limits } = this.#options
    const caps = { messages: limits.windowMessages, bytes: limits.windowBytes }
    const load = () => storage.messages(sessionId, caps)
    return abortable(this.#windows.read(state, '', load), signal)
  }

  /**
   * Messages of one epoch, oldest first: at most `limit`, and `limits.pageBytes`. They are the newest
   * ones before an order, the oldest ones after an order, or those around a message of any epoch.
   *
   * @throws CaughtupError `NOT_FOUND` for `around`, `BAD_INPUT` for a limit above `limits.pageMost`
   */
  readonly page = async (
    sessionId: string,
    options: PageOptions = {},
    { signal }: Waiting = {},
  ): Promise<Page> => {
    const { storage, limits } = this.#options
    const { limit = limits.pageDefault, ...place } = options
    assertBetween('limit', limit, 1, limits.pageMost)
    const caps = { messages: limit, bytes: limits.pageBytes }
    if ('around' in place) {
      assertIds({ around: place.around })
      await this.settled(sessionId, { signal })
      return readAround(storage, sessionId, place.around, caps)
    }
    const order = 'after' in place ? place.after : (place.before ?? Number.MAX_SAFE_INTEGER)
    const side = 'after' in place ? 'after' : 'before'
    assertInput(side, order, whole)
    await this.settled(sessionId, { signal })
    const from = side === 'after' ? { after: order } : { before: order }
    return readPage(storage, sessionId, from, caps)
  }

  readonly message = async (
    sessionId: string,
    messageId: string,
    { signal }: Waiting = {},
  ): Promise<Message | undefined> => {
    assertIds({ sessionId, messageId })
    const { storage, coalescer } = this.#options
    await coalescer.settle(isAbout(messageId), signal)
    return storage.message(sessionId, messageId)
  }

  /** The session's head and open messages as of now; shared like a window. */
  readonly head = (sessionId: string, waiting?: Waiting): Promise<SessionHead> =>
    this.#state(sessionId, waiting)

  /** Whether a stream can resume from the cursor, and if not, why. */
  readonly checkCursor = async (
    sessionId: string,
    cursor: Cursor,
  ): Promise<'ok' | ReplayReason> => {
    assertIds({ sessionId })
    assertInput('cursor', cursor, aCursor)
    return checkCursor(this.#options.storage, sessionId, cursor)
  }

  /**
   * The events after a seq, merged, about `bytes` of them; for a replay. Shared like a window.
   *
   * @param options - `tag`: of the entry `after`, as the reader's cursor has it. @default any
   * @throws CaughtupError `NOT_FOUND`; `UNAVAILABLE` (`entries-lost`) if that entry has another tag
   */
  readonly events = async (
    sessionId: string,
    after: number,
    { bytes, tag, signal }: { bytes: number; tag?: string } & Waiting,
  ): Promise<ReadBatch> => {
    assertInput('after', after, whole)
    assertInput('bytes', bytes, positive)
    const state = await this.#state(sessionId, { signal })
    const load = async () => {
      const batch = await readBatch(this.#options.storage, sessionId, after, { bytes, tag })
      if (batch.isLost) throw entriesLost(sessionId)
      return batch
    }
    return abortable(this.#batches.read(state, `${after} ${tag ?? ''} ${bytes}`, load), signal)
  }

  /**
   * Tells cheaply whether a session changed since the last look, by any process: `revision` also
   * shows an edit that leaves the number of messages as it was.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  readonly probe = async (sessionId: string, waiting?: Waiting): Promise<Probe> =>
    probeSession(this.#options.storage, sessionId, await this.head(sessionId, waiting))

  /** Tokens and cost until now, per model where known, and the size of the context. @throws CaughtupError `NOT_FOUND` */
  readonly usage = async (sessionId: string, waiting?: Waiting): Promise<SessionUsage> =>
    usageOf(await this.head(sessionId, waiting))

  /**
   * The usage of each epoch, the newest first, in pages: of the epochs before `before`. All together are
   * the session's ledger. What a run, a summary or a child used counts in the epoch in which it was added,
   * whatever becomes of the epoch's messages.
   *
   * @param options - `limit` of a page. @default limits.pageDefault
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` for a limit above `limits.pageMost`
   */
  readonly usageByEpoch = async (
    sessionId: string,
    options: { before?: number; limit?: number } = {},
    waiting?: Waiting,
  ): Promise<EpochUsagePage> => {
    const { storage, limits } = this.#options
    const { limit = limits.pageDefault, before } = options
    assertBetween('limit', limit, 1, limits.pageMost)
    if (before !== undefined) assertInput('before', before, whole)
    const head = await this.head(sessionId, waiting)
    const place = { limit, ...(before !== undefined && { before }) }
    return usageByEpoch(head, place, (range) => storage.ledgers(sessionId, range))
  }

  /**
   * A page of everybody's sessions in which nothing runs or waits, the longest idle first.
   *
   * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost`, and for a time that is none
   */
  readonly idleSessions = async (query: IdleQuery): Promise<IdleSession[]> => {
    const { storage, limits } = this.#options
    assertInput('query', query, object)
    const { until, after, limit } = query
    assertInput('until', until, finite)
    assertBetween('limit', limit, 1, limits.pageMost)
    if (after) {
      assertIds({ 'after.sessionId': after.sessionId })
      assertInput('after.updatedAt', after.updatedAt, finite)
    }
    return storage.idleSessions(query)
  }

  async #state(sessionId: string, waiting?: Waiting): Promise<StoredState> {
    await this.settled(sessionId, waiting)
    return this.#options.states.of(sessionId)
  }
}

/** Whether a slice names this message. */
export function isAbout(
  messageId: string,
): (slice: { readonly drafts: readonly EventDraft[] }) => boolean {
  return ({ drafts }) => drafts.some((draft) => messagesOf(draft).includes(messageId))
}
