import {
  CaughtupError,
  type Limits,
  preview,
  type RecallPage,
  type Session,
  type SessionMetadata,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'
import { v7 as uuid } from 'uuid'

import { assertBetween, assertIds, assertInput } from '../input/assert-input.ts'
import { anyText, object, principal as owning, principals, whole, wireId } from '../input/kinds.ts'
import { assertMemberCount, storedMetadata, storedTitle } from '../input/assert-limits.ts'
import { sessionExists, sessionNotFound } from '../errors/session-errors.ts'
import type { PromptPlace } from '../port/reading.ts'
import type { Storage } from '../port/storage.ts'

/** Called after each change is committed. */
export interface SessionsListener {
  created: (sessionId: string, members: readonly string[]) => void
  renamed: (sessionId: string) => void
  /** With the principal who was added or removed. The caller must also await the result. */
  membersChanged: (sessionId: string, principal: string) => Promise<void>
  /** With the members until then. The caller must also await the result. */
  deleted: (sessionId: string, members: readonly string[]) => Promise<void>
}

/**
 * Creates, finds, renames, shares and deletes sessions. For principals who are not members a session does
 * not exist.
 */
export class Sessions {
  readonly #storage: Storage
  readonly #limits: Readonly<Limits>
  readonly #clock: Clock
  readonly #on: SessionsListener

  constructor(storage: Storage, limits: Readonly<Limits>, clock: Clock, on: SessionsListener) {
    this.#storage = storage
    this.#limits = limits
    this.#clock = clock
    this.#on = on
  }

  /**
   * @throws CaughtupError `BAD_INPUT` for a title above `limits.titleLength` characters, for metadata
   *   that are not a JSON object of at most `limits.metadataBytes`, for
   *   principals that are not texts of 1 to 1,000 characters or more than `limits.membersPerSession`,
   *   and for an invalid id or time; `CONFLICT` (`session-exists`) for a `sessionId` in use otherwise
   */
  async create(options: {
    /**
     * An id of the caller's choice, 1 to 64 characters of A–Z a–z 0–9 _ -. If it is that of a session
     * of the same owner, this returns that session as it is.
     *
     * @default a new UUID of version 7
     */
    sessionId?: string
    /** The principal who may delete the session and change its members. */
    owner: string
    title?: string
    members?: readonly string[]
    /** Whatever the caller keeps about the session: a JSON object. */
    metadata?: SessionMetadata
    /**
     * When the session began, in ms since the epoch, for one that was held elsewhere. Its recency
     * starts there too.
     *
     * @default now
     */
    createdAt?: number
  }): Promise<Session> {
    assertInput('options', options, object)
    const { owner, title = '', members = [], metadata, createdAt = this.#clock.now() } = options
    assertInput('createdAt', createdAt, whole)
    assertInput('owner', owner, owning)
    assertInput('members', members, principals)
    const everybody = [...new Set([owner, ...members])]
    assertMemberCount(everybody.length, this.#limits)
    const { sessionId: id = uuid({ msecs: this.#clock.now() }) } = options
    assertInput('sessionId', id, wireId)
    const made = {
      id,
      title: storedTitle(title, this.#limits),
      createdAt,
      members: everybody,
      ...(metadata !== undefined && { metadata: storedMetadata(metadata, this.#limits) }),
    }
    try {
      const session = await this.#storage.createSession(made)
      this.#on.created(id, everybody)
      return session
    } catch (error) {
      const other = isConflict(error) ? await this.#storage.session(id) : undefined
      if (!other) throw error
      return ownedBy(owner, other)
    }
  }

  /** @throws CaughtupError `NOT_FOUND`, also when `principal` is not a member */
  async get(sessionId: string, principal: string): Promise<Session> {
    assertIds({ sessionId, principal })
    const session = await this.#storage.session(sessionId, principal)
    if (!session) throw sessionNotFound(sessionId)
    return session
  }

  /** The principal's sessions by recency, newest first. */
  async list(
    principal: string,
    options: { cursor?: string; limit?: number } = {},
  ): Promise<{ sessions: Session[]; nextCursor: string | null }> {
    assertIds({ principal })
    assertInput('options', options, object)
    const { cursor, limit = this.#limits.pageDefault } = options
    assertBetween('limit', limit, 1, this.#limits.pageMost)
    const after = cursor === undefined ? undefined : decodeListCursor(cursor)
    const found = await this.#storage.sessions(principal, { limit, ...(after && { after }) })
    return {
      sessions: found.sessions,
      nextCursor: found.next ? `${found.next.recency}.${found.next.id}` : null,
    }
  }

  /**
   * The prompts that a principal sent in all of its sessions, newest first by their own `createdAt`,
   * without those that are not shown. A call looks at a bounded number, so a page may have fewer than
   * `limit`, or none, and still lead on. At most `limits.pageBytes` of them, but one at least.
   *
   * @throws CaughtupError `BAD_INPUT` for a limit above `limits.pageMost`, or an invalid cursor
   */
  async prompts(
    author: string,
    options: { cursor?: string; limit?: number } = {},
  ): Promise<RecallPage> {
    assertIds({ author })
    assertInput('options', options, object)
    const { pageDefault, pageMost, pageBytes: bytes } = this.#limits
    const { cursor, limit = pageDefault } = options
    assertBetween('limit', limit, 1, pageMost)
    const after = cursor === undefined ? undefined : decodePromptCursor(cursor)
    const query = { author, limit, bytes, ...(after && { after }) }
    const { prompts, next } = await this.#storage.prompts(query)
    const place = next && `${next.createdAt}.${next.session}.${next.order}`
    return { prompts, nextCursor: place ?? null }
  }

  /**
   * Renames a session, replaces its metadata, or both, and returns it. With `ifTitle`, a session that
   * has another title by now stays as it is.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` as of `create`, and without any change
   */
  async update(
    sessionId: string,
    change: { title?: string; metadata?: SessionMetadata; ifTitle?: string },
  ): Promise<Session> {
    assertIds({ sessionId })
    assertInput('change', change, object)
    const { title, metadata, ifTitle } = change
    if (metadata === undefined) assertInput('title', title, anyText)
    if (ifTitle !== undefined) assertInput('ifTitle', ifTitle, anyText)
    const session = await this.#storage.updateSession(sessionId, {
      ...(title !== undefined && { title: storedTitle(title, this.#limits) }),
      ...(metadata !== undefined && { metadata: storedMetadata(metadata, this.#limits) }),
      at: this.#clock.now(),
      ...(ifTitle !== undefined && { ifTitle: ifTitle.toWellFormed() }),
    })
    if (!session) throw sessionNotFound(sessionId)
    this.#on.renamed(sessionId)
    return session
  }

  /**
   * A session's members, the owner first.
   *
   * @throws CaughtupError `NOT_FOUND`
   */
  async members(sessionId: string): Promise<string[]> {
    assertIds({ sessionId })
    const members = await this.#storage.members(sessionId)
    if (members.length === 0) throw sessionNotFound(sessionId)
    return members
  }

  /**
   * Makes a principal a member, who counts as having read all messages so far. Returns whether the
   * principal was none.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT`; `LIMIT_EXCEEDED` (`members-full`) above
   *   `limits.membersPerSession`
   */
  async addMember(sessionId: string, principal: string): Promise<boolean> {
    assertIds({ sessionId })
    assertInput('principal', principal, owning)
    const most = this.#limits.membersPerSession
    const isAdded = await this.#storage.addMember(sessionId, principal, most)
    if (isAdded) await this.#on.membersChanged(sessionId, principal)
    return isAdded
  }

  /**
   * Takes the session from a member: from now on it does not exist for the principal, whose prompts
   * stay, those in the queue too. Returns whether the principal was a member.
   *
   * @throws CaughtupError `NOT_FOUND`, `BAD_INPUT`; `CONFLICT` (`owner`) for the owner
   */
  async removeMember(sessionId: string, principal: string): Promise<boolean> {
    assertIds({ sessionId })
    assertInput('principal', principal, owning)
    const isRemoved = await this.#storage.removeMember(sessionId, principal)
    if (isRemoved) await this.#on.membersChanged(sessionId, principal)
    return isRemoved
  }

  /**
   * Deletes a session with its messages and journal. Its buffered changes are dropped, and its
   * followers end.
   */
  async delete(sessionId: string): Promise<void> {
    assertIds({ sessionId })
    const members = await this.#storage.deleteSession(sessionId)
    if (members.length === 0) throw sessionNotFound(sessionId)
    await this.#on.deleted(sessionId, members)
  }
}

/** @throws CaughtupError `CONFLICT` (`session-exists`) for another owner's session */
function ownedBy(owner: string, session: Session): Session {
  if (session.owner !== owner) throw sessionExists(session.id)
  return session
}

function isConflict(error: unknown): boolean {
  return error instanceof CaughtupError && error.code === 'CONFLICT'
}

function decodeListCursor(cursor: string): { recency: number; id: string } {
  const [, recency, id] = /^(\d{1,16})\.([A-Za-z0-9_-]{1,64})$/.exec(cursor) ?? []
  if (recency === undefined || id === undefined) throw invalidCursor(cursor, 'session-list')
  return { recency: Number(recency), id }
}

function decodePromptCursor(cursor: string): PromptPlace {
  const [, createdAt, session, order] = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/.exec(cursor) ?? []
  if (createdAt === undefined) throw invalidCursor(cursor, 'prompt')
  return { createdAt: Number(createdAt), session: Number(session), order: Number(order) }
}

function invalidCursor(cursor: string, kind: string): CaughtupError {
  return new CaughtupError('BAD_INPUT', `${preview(cursor)} is not a valid ${kind} cursor.`, {
    field: 'cursor',
    value: preview(cursor),
  })
}
