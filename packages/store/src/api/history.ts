import {
  CaughtupError,
  type EventOf,
  type HistoryDraft,
  type Limits,
  type MessageMetadata,
  type Part,
  preview,
  type SearchHit,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { messagesOf } from '@caughtup/schema/event'

import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { list, object, principal, principals, texts } from '../input/kinds.ts'
import { assertMessageSize } from '../input/assert-limits.ts'
import { type Forked, type ForkOptions, forkSession } from './fork.ts'
import { pacer } from '../base/pacer.ts'
import { refusalError } from '../errors/refusal-error.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { SearchQuery } from '../port/reading.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'

/** What changing history needs of the store around it. */
export interface HistoryOptions {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  append: (slice: Omit<Slice, 'at'>, waiting?: Waiting) => Promise<SliceResult>
  /** Commits what a session has waiting, as far as the database takes it. */
  settled: (sessionId: string, waiting?: Waiting) => Promise<void>
  /** The same, and fails with `UNAVAILABLE` where the database does not. */
  flushed: (sessionId: string, waiting?: Waiting) => Promise<void>
  on: {
    /** The journal may read otherwise than it did. */
    rewritten: (sessionId: string) => void
    /** A fork is complete; what its caller waits for besides. */
    forked: (sessionId: string, from: string, members: readonly string[]) => Promise<void>
    /** A fork or an erasure was begun that maintenance has to finish. */
    unfinished: () => void
  }
}

/** Longest text that is searched for, in characters. */
const longestQuery = 1_000

/**
 * Changing what a session's history holds, and looking through it.
 *
 * A change is an event like any other, so whoever follows the session sees it in its place; it is
 * returned as it was committed. While a run is active nothing is changed: that is a `CONFLICT`
 * (`run-active`), and the run is to be interrupted first. `edit`, `delete`, `truncate`, `undo` and
 * `redo` act on the newest epoch, where other messages are `NOT_FOUND`. Ids of removed messages stay
 * taken.
 */
export class History {
  readonly #options: HistoryOptions
  /** Forks that maintenance finishes, as their calls did not. */
  readonly #unfinished = new Map<string, { from: string; members: readonly string[] }>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /**
   * Gives a message other parts, and other metadata where that is given. Its order stays.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`run-active`), `TOO_LARGE`, `BAD_INPUT`
   */
  async edit(
    sessionId: string,
    messageId: string,
    change: { parts: readonly Part[]; metadata?: MessageMetadata },
    waiting?: Waiting,
  ): Promise<EventOf<'message-replaced'>> {
    assertIds({ messageId })
    assertInput('change', change, object)
    const { parts, metadata } = change
    assertInput('parts', parts, list)
    assertMessageSize(messageId, parts, this.#options.limits)
    const draft = { messageId, parts, ...(metadata && { metadata }) }
    return this.#change(sessionId, { type: 'message-replaced', ...draft }, waiting)
  }

  /** @throws CaughtupError `NOT_FOUND`, also for an open message; `CONFLICT` (`run-active`) */
  async delete(
    sessionId: string,
    messageId: string,
    waiting?: Waiting,
  ): Promise<EventOf<'message-deleted'>> {
    assertIds({ messageId })
    return this.#change(sessionId, { type: 'message-deleted', messageId }, waiting)
  }

  /**
   * Removes what comes after a message, or the whole newest epoch, for good: there is no redo.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`run-active`)
   */
  async truncate(
    sessionId: string,
    options: { after?: string } = {},
    waiting?: Waiting,
  ): Promise<EventOf<'history-truncated'>> {
    assertInput('options', options, object)
    const { after } = options
    if (after !== undefined) assertIds({ after })
    const draft = { type: 'history-truncated', ...(after !== undefined && { after }) } as const
    return this.#change(sessionId, draft, waiting)
  }

  /**
   * Hides the last turn: the newest prompt and everything after it. Again hides the turn before it.
   *
   * @throws CaughtupError `CONFLICT` (`nothing-to-undo`, `run-active`), `NOT_FOUND`
   */
  undo(sessionId: string, waiting?: Waiting): Promise<EventOf<'history-truncated'>> {
    return this.#change(sessionId, { type: 'history-truncated', undo: true }, waiting)
  }

  /**
   * Shows again what the newest undo hid, as long as nothing new came since.
   *
   * @throws CaughtupError `CONFLICT` (`nothing-to-redo`, `run-active`), `NOT_FOUND`
   */
  redo(sessionId: string, waiting?: Waiting): Promise<EventOf<'history-restored'>> {
    return this.#change(sessionId, { type: 'history-restored' }, waiting)
  }

  /**
   * Removes finished messages of any epoch with all that was ever said of them: from history, search,
   * journal and replays. When it returns the content is gone; where it is stopped before (by the
   * signal, or by a crash), the messages are gone and the upkeep rewrites the rest of the journal.
   *
   * @throws CaughtupError `NOT_FOUND` when one of them is not there, and nothing is erased;
   *   `CONFLICT` (`run-active`); `BAD_INPUT` for none or more than `limits.pageMost`
   */
  async erase(
    sessionId: string,
    messageIds: readonly string[],
    { signal }: Waiting = {},
  ): Promise<EventOf<'message-erased'>> {
    const { storage, limits, clock, on } = this.#options
    assertInput('messageIds', messageIds, texts)
    assertBetween('messageIds.length', messageIds.length, 1, limits.pageMost)
    const draft = { type: 'message-erased', messageIds } as const
    try {
      const event = await this.#change(sessionId, draft, signal && { signal })
      const turn = pacer(clock, signal)
      while (await storage.maintain({ erase: sessionId })) await turn()
      return event
    } catch (error) {
      on.unfinished()
      throw error
    } finally {
      on.rewritten(sessionId)
    }
  }

  /**
   * Finished messages, of all epochs, that have every word of a text; newest first, by their own
   * `metadata.createdAt`, also where they were imported later. The text is plain: nothing in it is
   * query syntax. The last word may be the beginning of one.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` for a text above 1,000 characters or a limit
   *   above `limits.pageMost`
   */
  async search(
    {
      text,
      in: scope,
      limit = this.#options.limits.pageDefault,
    }: Omit<SearchQuery, 'limit'> & {
      /** @default limits.pageDefault */
      limit?: number
    },
    { signal }: Waiting = {},
  ): Promise<SearchHit[]> {
    const { storage, limits, settled } = this.#options
    assertBetween('limit', limit, 1, limits.pageMost)
    if (text.length > longestQuery) {
      throw new CaughtupError(
        'BAD_INPUT',
        `The text to search for has ${text.length} characters; at most ${longestQuery} are allowed.`,
        { field: 'text', value: preview(text), limit: longestQuery },
      )
    }
    if ('sessionId' in scope) await settled(scope.sessionId, { signal })
    return storage.search({ text, in: scope, limit })
  }

  /**
   * A new session with the messages of this one up to `from`; ids and orders stay the same, the
   * usage does not come along. A fork never ends inside a tool group: then it ends with the group,
   * and `moved` says so.
   *
   * Long ones are copied in bounded steps, and are seen by nobody before they are complete. One that
   * is stopped (by the signal, or by a crash) is completed by the upkeep.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`message-open`; `run-active` for a tool group that
   *   goes on), `BAD_INPUT` for the title
   */
  async fork(sessionId: string, options: ForkOptions, { signal }: Waiting = {}): Promise<Forked> {
    const { flushed, on } = this.#options
    assertInput('options', options, object)
    const { from, owner, members: others = [] } = options
    assertIds({ from })
    assertInput('owner', owner, principal)
    assertInput('members', others, principals)
    const members = [...new Set([owner, ...others])]
    await flushed(sessionId, { signal })
    let begun: string | undefined
    const around = { ...this.#options, begun: (id: string) => void (begun = id) }
    try {
      const forked = await forkSession(around, sessionId, { ...options, members }, signal)
      await on.forked(forked.session.id, sessionId, members)
      return forked
    } catch (error) {
      if (begun !== undefined) this.#unfinished.set(begun, { from: sessionId, members })
      on.unfinished()
      throw error
    }
  }

  /** Maintenance has nothing left to finish: tells of the forks that it finished. */
  async completed(): Promise<void> {
    const { storage, on } = this.#options
    for (const [id, { from, members }] of this.#unfinished) {
      this.#unfinished.delete(id)
      // Where there is none its source was deleted meanwhile.
      if (await storage.session(id)) await on.forked(id, from, members)
    }
  }

  async #change<T extends HistoryDraft['type']>(
    sessionId: string,
    draft: HistoryDraft & { type: T },
    waiting: Waiting | undefined,
  ): Promise<EventOf<T>> {
    const slice = { sessionId, drafts: [draft], guard: { is: 'no-active-run' } } as const
    const result = await this.#options.append(slice, waiting)
    if (result.refused !== undefined) {
      throw refusalError(result.refused, { ...slice, messageId: messagesOf(draft).join(', ') })
    }
    const event = result.events.find((each): each is EventOf<T> => each.type === draft.type)
    if (!event) throw new Error(`${draft.type} was committed as something else.`)
    return event
  }
}
