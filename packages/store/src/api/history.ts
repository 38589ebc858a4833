import {
  CaughtupError,
  type EventOf,
  type HistoryDraft,
  type Limits,
  type ListedVersion,
  type MessageMetadata,
  type Part,
  preview,
  type SearchHit,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { messagesOf } from '@caughtup/schema/event'

import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { list, object, principal, principals, texts } from '../input/kinds.ts'
import { assertMemberCount, assertMessageSize } from '../input/assert-limits.ts'
import { jsonBytes } from '../base/bytes.ts'
import { messageNotFound } from '../errors/session-errors.ts'
import { type Forked, type ForkOptions, forkSession } from './fork.ts'
import { pacer } from '../base/pacer.ts'
import { refusalError } from '../errors/refusal-error.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { SearchQuery } from '../port/reading.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'

export interface HistoryOptions {
  storage: Storage
  limits: Readonly<Limits>
  clock: Clock
  append: (slice: Omit<Slice, 'at'>, waiting?: Waiting) => Promise<SliceResult>
  /** Commits what a session has buffered, as far as the database accepts it in time. */
  settled: (sessionId: string, waiting?: Waiting) => Promise<void>
  /** The same, but rejects with `UNAVAILABLE` when the database does not. */
  flushed: (sessionId: string, waiting?: Waiting) => Promise<void>
  on: {
    /** The journal's entries changed. */
    rewritten: (sessionId: string) => void
    /** A fork is complete. Its caller must also await the result. */
    forked: (sessionId: string, from: string, members: readonly string[]) => Promise<void>
    /** A fork or an erasure was started, and maintenance has to finish it. */
    unfinished: () => void
  }
}

/** Longest text to search for, in characters: a sentence fits, and a query stays cheap. */
const longestQuery = 1_000

/**
 * Edits, undoes, erases, searches and forks a session's history.
 *
 * A change is a journal event, so followers see it in its order, and it is returned as it was
 * committed. During a run, changes throw `CONFLICT` (`run-active`): interrupt the run first.
 * `edit`, `delete`, `truncate`, `undo` and `redo` act on the newest epoch; messages of others are
 * `NOT_FOUND`. Ids of removed messages stay in use.
 */
export class History {
  readonly #options: HistoryOptions
  /** Forks that maintenance finishes, because their calls were interrupted. */
  readonly #unfinished = new Map<string, { from: string; members: readonly string[] }>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /**
   * Replaces a message's parts, and its metadata if given. Its order stays.
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
    assertMessageSize(messageId, change, this.#options.limits)
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
   * Removes the messages after a message, or the whole newest epoch. There is no redo.
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
   * Hides the last turn: the newest prompt and everything after it. A second call hides the turn
   * before it. What is hidden is a version of what follows there, as after a retry: `redo` and `choose`
   * show it again, until there are `limits.versionsPerPlace` newer ones.
   *
   * @throws CaughtupError `CONFLICT` (`nothing-to-undo`, `run-active`), `NOT_FOUND`
   */
  undo(sessionId: string, waiting?: Waiting): Promise<EventOf<'history-truncated'>> {
    const keep = this.#options.limits.versionsPerPlace
    return this.#change(sessionId, { type: 'history-truncated', undo: true, keep }, waiting)
  }

  /**
   * Shows the version after the last message that was hidden last: what the newest undo took, unless
   * something was added since.
   *
   * @throws CaughtupError `CONFLICT` (`nothing-to-redo`, `run-active`), `NOT_FOUND`
   */
  redo(sessionId: string, waiting?: Waiting): Promise<EventOf<'history-restored'>> {
    return this.#change(sessionId, { type: 'history-restored' }, waiting)
  }

  /**
   * Shows the version that begins with a message, in place of the one that is shown there, which stays
   * as a version. Returns `undefined` if the message is shown already, and changes nothing.
   *
   * @throws CaughtupError `NOT_FOUND` for a message that begins no version of the newest epoch, or one
   *   whose place is hidden itself; `CONFLICT` (`run-active`)
   */
  async choose(
    sessionId: string,
    messageId: string,
    waiting?: Waiting,
  ): Promise<EventOf<'history-restored'> | undefined> {
    assertIds({ messageId })
    try {
      return await this.#change(sessionId, { type: 'history-restored', messageId }, waiting)
    } catch (error) {
      if (error instanceof CaughtupError && error.data.reason === 'shown-already') return undefined
      throw error
    }
  }

  /**
   * The versions of which a message is the first of one, in order; just the shown one where it has no
   * others. Those beyond `limits.pageBytes` together come without their parts.
   *
   * @throws CaughtupError `NOT_FOUND`, as `choose`
   */
  async versions(
    sessionId: string,
    messageId: string,
    { signal }: Waiting = {},
  ): Promise<ListedVersion[]> {
    assertIds({ messageId })
    const { storage, limits, settled } = this.#options
    await settled(sessionId, { signal })
    const versions = await storage.versions(sessionId, messageId)
    if (!versions) throw messageNotFound(messageId)
    let bytes = 0
    return versions.map((version) => {
      bytes += jsonBytes(version.message)
      return bytes <= limits.pageBytes
        ? version
        : { ...version, message: { ...version.message, parts: [] } }
    })
  }

  /**
   * Removes finished messages of any epoch and all their content: from history, search, journal and
   * replays. If the call is interrupted (by the signal or a crash), the messages are gone and
   * maintenance rewrites the rest of the journal.
   *
   * @throws CaughtupError `NOT_FOUND` if one of them does not exist, and nothing is erased;
   *   `CONFLICT` (`run-active`); `BAD_INPUT` for no ids or more than `limits.pageMost`
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
   * Finds finished messages of all epochs that have every word of a text, newest first by their own
   * `metadata.createdAt`, which of imported messages may be long ago. The text is plain, without
   * query syntax; its last word may be a prefix.
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
   * Makes a new session with the messages up to `from`, under the same ids and orders, without
   * usage. Inside a tool group it ends after the group, and `moved` is true. The fork is hidden
   * until it is complete; if the call is interrupted (by the signal or a crash), maintenance
   * finishes it.
   *
   * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`message-open`; `run-active` for a tool group
   *   whose run is active), `BAD_INPUT` for the title, or for too many members
   */
  async fork(sessionId: string, options: ForkOptions, { signal }: Waiting = {}): Promise<Forked> {
    const { flushed, limits, on } = this.#options
    assertInput('options', options, object)
    const { from, owner, members: others = [] } = options
    assertIds({ from })
    assertInput('owner', owner, principal)
    assertInput('members', others, principals)
    const members = [...new Set([owner, ...others])]
    assertMemberCount(members.length, limits)
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

  /** Called when maintenance has nothing left: tells of the forks that it finished. */
  async completed(): Promise<void> {
    const { storage, on } = this.#options
    for (const [id, { from, members }] of this.#unfinished) {
      this.#unfinished.delete(id)
      // Without a session, the source was deleted meanwhile.
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
