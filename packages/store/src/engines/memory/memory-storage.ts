import type { ActivityRow, Cursor, EventFilter, Session } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { sessionNotFound } from '../../errors/session-not-found.ts'
import type { RowsStep } from '../../port/activity.ts'
import type { Slice } from '../../port/commit.ts'
import type {
  EventQuery,
  EventsOptions,
  LookupQuery,
  MessageCaps,
  SearchQuery,
} from '../../port/reading.ts'
import type { ListQuery, NewSession } from '../../port/sessions.ts'
import { StorageError } from '../../port/storage-error.ts'
import type { Maintenance, Storage, StorageStats } from '../../port/storage.ts'
import {
  activityChanges,
  activityPage,
  activityRow,
  activityRows,
  activeRuns,
  sessionOf,
  sessions,
} from './activity-reads.ts'
import { commit } from './commit.ts'
import { assertNew, beginFork, continueFork } from './fork.ts'
import { checkCursor, eventList, events, eventSummary } from './journal-reads.ts'
import { type MemoryDatabase, tellOthers } from './memory-database.ts'
import { type MemorySession, newMemorySession } from './memory-session.ts'
import { head, page, window } from './message-reads.ts'
import { messageRows } from './message-rows.ts'
import type { Opening } from './opening.ts'
import { search } from './search.ts'
import { maintain } from './maintenance.ts'

/** Removals that the activity feed remembers; older cursors get the complete list. */
const rememberedRemovals = 10_000

/** The storage port on plain data. Each call is done in one go, so nothing comes between its parts. */
export class MemoryStorage implements Storage {
  readonly #db: MemoryDatabase
  readonly #opening: Opening
  readonly #clock: Clock
  readonly #random: () => number

  constructor(
    db: MemoryDatabase,
    opening: Opening,
    { clock, random }: { clock: Clock; random: () => number },
  ) {
    this.#db = db
    this.#opening = opening
    this.#clock = clock
    this.#random = random
  }

  commit(slices: readonly Slice[]) {
    return this.#call(() => commit(this.#db, this.#opening, slices))
  }

  events(sessionId: string, after: number, { bytes }: EventsOptions) {
    return this.#call(() => events(this.#get(sessionId), after, bytes))
  }

  window(sessionId: string, caps: MessageCaps) {
    return this.#call(() => window(this.#get(sessionId), caps))
  }

  page(sessionId: string, before: number, caps: MessageCaps) {
    return this.#call(() => page(this.#get(sessionId), before, caps))
  }

  message(sessionId: string, messageId: string) {
    return this.#call(() => this.#get(sessionId).table.byId.get(messageId))
  }

  head(sessionId: string) {
    return this.#call(() => head(this.#get(sessionId)))
  }

  checkCursor(sessionId: string, cursor: Cursor) {
    return this.#call(() => checkCursor(this.#get(sessionId), cursor))
  }

  eventList(sessionId: string, query: EventQuery) {
    return this.#call(() => eventList(this.#get(sessionId), query))
  }

  eventSummary(sessionId: string, filter: EventFilter) {
    return this.#call(() => eventSummary(this.#get(sessionId), filter))
  }

  search({ text, in: scope, limit }: SearchQuery) {
    return this.#call(() => {
      const all =
        'sessionId' in scope
          ? [this.#get(scope.sessionId)]
          : [...this.#db.sessions.values()].filter(({ members }) => members.has(scope.principal))
      return search(all, text, limit)
    })
  }

  lookup(sessionId: string, { identities = [], messageIds = [] }: LookupQuery) {
    return this.#call(() => {
      const session = this.#get(sessionId)
      const statuses = messageRows(session).idStatus(messageIds)
      const counts = identities.flatMap((identity) => {
        const count = session.imported.get(identity)
        return count === undefined || count === 0 ? [] : [[identity, count] as const]
      })
      return {
        counts: new Map(counts),
        used: new Set(messageIds.filter((_, index) => statuses[index] !== 'free')),
      }
    })
  }

  createSession(session: NewSession): Promise<Session> {
    return this.#call(() => {
      assertNew(this.#db, session.id)
      const made = newMemorySession(session, ++this.#db.made, this.#random)
      this.#db.sessions.set(made.id, made)
      this.#changed(made)
      return sessionOf(made)
    })
  }

  session(sessionId: string, principal?: string) {
    return this.#call(() => {
      const session = this.#db.sessions.get(sessionId)
      const isSeen = principal === undefined || session?.members.has(principal)
      return session && isSeen ? sessionOf(session) : undefined
    })
  }

  members(sessionId: string) {
    return this.#call(() => [...(this.#db.sessions.get(sessionId)?.members.keys() ?? [])])
  }

  sessions(principal: string, query: ListQuery) {
    return this.#call(() => sessions(this.#db, principal, query))
  }

  updateSession(
    sessionId: string,
    { title, at, ifTitle }: { title: string; at: number; ifTitle?: string },
  ) {
    return this.#call(() => {
      const session = this.#db.sessions.get(sessionId)
      if (session && (ifTitle === undefined || session.title === ifTitle)) {
        session.title = title
        session.updatedAt = at
        this.#changed(session)
      }
      return session && sessionOf(session)
    })
  }

  deleteSession(sessionId: string): Promise<string[]> {
    return this.#call(() => {
      const db = this.#db
      const session = db.sessions.get(sessionId)
      if (!session) return []
      db.sessions.delete(sessionId)
      const members = [...session.members.keys()]
      const revision = ++db.revision
      for (const principal of members) db.removals.push({ principal, sessionId, revision })
      for (const { revision: forgotten } of db.removals.splice(
        0,
        db.removals.length - rememberedRemovals,
      )) {
        db.removalFloor = forgotten
      }
      tellOthers(db, this.#opening, sessionId)
      return members
    })
  }

  beginFork(fork: { sourceId: string; upTo: number; session: NewSession }) {
    return this.#call(() => beginFork(this.#db, fork, this.#random))
  }

  activityPage(principal: string, query: ListQuery) {
    return this.#call(() => activityPage(this.#db, principal, query))
  }

  activityRows(principal: string, step: RowsStep) {
    return this.#call(() => activityRows(this.#db, principal, step))
  }

  activityChanges(principal: string, since: number, limit: number) {
    return this.#call(() => activityChanges(this.#db, principal, since, limit))
  }

  activityRow(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    return this.#call(() => {
      const session = this.#db.sessions.get(sessionId)
      return session && activityRow(session, principal)
    })
  }

  markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    return this.#call(() => {
      const session = this.#get(sessionId)
      const before = session.members.get(principal)
      if (before === undefined) return 0
      const mark = Math.max(before, Math.min(upTo, session.state.record.lastOrder))
      if (mark > before) {
        session.members.set(principal, mark)
        this.#changed(session)
      }
      return mark
    })
  }

  heartbeat(): Promise<void> {
    return this.#call(() => {
      const { beats } = this.#db
      const { process } = this.#opening
      beats.set(process, (beats.get(process) ?? 0) + 1)
    })
  }

  activeRuns() {
    return this.#call(() => activeRuns(this.#db, this.#opening.process))
  }

  changed(signal: AbortSignal) {
    return this.#opening.changed(signal)
  }

  maintain(work: Maintenance) {
    return this.#call(() => {
      if ('fork' in work) return continueFork(this.#db, this.#opening, work.fork)
      if ('erase' in work) {
        // A commit that erases leaves nothing to be done.
        this.#get(work.erase)
        return false
      }
      const { retention } = work
      return maintain(this.#db, this.#opening, { retention, now: this.#clock.now() })
    })
  }

  backup(): Promise<void> {
    return this.#call(() => {
      throw new StorageError('io', 'What is in memory only has no file to be copied to.')
    })
  }

  stats(): StorageStats {
    return { unpackedEvents: 0, unreadable: 0, fileBytes: 0 }
  }

  async close(): Promise<void> {
    this.#db.openings.delete(this.#opening)
    this.#opening.close()
  }

  /** A change of the session's row in lists. */
  #changed(session: MemorySession): void {
    session.revision = ++this.#db.revision
    tellOthers(this.#db, this.#opening, session.id)
  }

  /** @throws CaughtupError `NOT_FOUND` */
  #get(sessionId: string): MemorySession {
    const session = this.#db.sessions.get(sessionId)
    if (!session) throw sessionNotFound(sessionId)
    return session
  }

  async #call<T>(work: () => T): Promise<T> {
    this.#opening.assertOpen()
    return work()
  }
}
