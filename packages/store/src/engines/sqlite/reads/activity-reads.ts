import type { ActivityRow, Message, Session } from '@caughtup/schema'

import { activityRow, countsAsUnread } from '../../../core/reading/activity.ts'
import { changesUpTo, unknownPosition } from '../../../core/reading/feed-order.ts'
import type { ActivityQuery, ActivityStep } from '../../../port/activity.ts'
import type { IdleQuery, IdleSession, ListQuery, SessionList } from '../../../port/sessions.ts'
import type { Database, Row } from '../file/database.ts'
import { metadataIn } from '../rows/metadata-row.ts'
import type { SessionCache } from '../cache/session-cache.ts'

const owner =
  "coalesce((SELECT principal FROM members AS m WHERE session = sessions.key AND owner = 1), '') AS owner"
/** A principal's sessions. What orders them comes from `members`, whose indexes begin with the principal. */
const rowsOf = `SELECT sessions.*, members.read_up_to, ${owner} FROM members
  JOIN sessions ON sessions.key = members.session
  WHERE members.principal = ? AND sessions.fork_of IS NULL`

/** Reads lists of sessions, single sessions, and the rows of the activity feed. */
export class ActivityReads {
  readonly #db: Database
  readonly #cache: SessionCache

  constructor(db: Database, cache: SessionCache) {
    this.#db = db
    this.#cache = cache
  }

  session(sessionId: string, principal?: string): Session | undefined {
    const row = this.#db.get(
      `SELECT sessions.*, ${owner} FROM sessions WHERE id = ? AND fork_of IS NULL
       AND (?2 IS NULL OR EXISTS
         (SELECT 1 FROM members WHERE principal = ?2 AND session = sessions.key))`,
      sessionId,
      principal ?? null,
    )
    return row && this.#session(row)
  }

  sessions(principal: string, query: ListQuery): SessionList {
    const { listed, ...next } = this.#byRecency(principal, query)
    return { sessions: listed.map((row) => this.#session(row)), ...next }
  }

  idle({ until, after, limit }: IdleQuery): IdleSession[] {
    const rows = this.#db.all(
      `SELECT * FROM sessions WHERE active = 0 AND fork_of IS NULL AND updated_at <= ?
       AND (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?`,
      until,
      after?.updatedAt ?? -1,
      after?.sessionId ?? '',
      limit,
    )
    return rows.map((row) => ({
      sessionId: String(row['id']),
      head: this.#cache.stateOf(row).record,
      updatedAt: Number(row['updated_at']),
    }))
  }

  activity(principal: string, query: ActivityQuery): ActivityStep {
    switch (query.by) {
      case 'recency': {
        const { listed, next } = this.#byRecency(principal, query)
        return { ...this.#step(listed), ...(next && { nextPlace: next }) }
      }
      case 'creation':
        return this.#byCreation(principal, query)
      case 'change':
        return this.#byChange(principal, query)
      case 'session':
        return this.#step(this.#db.all(`${rowsOf} AND sessions.id = ?`, principal, query.sessionId))
    }
  }

  #step(listed: readonly Row[]): ActivityStep {
    const rows = listed.map((row) => this.#activityRow(row))
    return { rows, removed: [], position: this.#position(), known: true }
  }

  #byCreation(principal: string, { after = 0, limit }: { after?: number; limit: number }) {
    const found = this.#db.all(
      `${rowsOf} AND members.session > ? ORDER BY members.session LIMIT ?`,
      principal,
      after,
      limit + 1,
    )
    const listed = found.slice(0, limit)
    const last = found.length > limit ? listed.at(-1) : undefined
    return { ...this.#step(listed), ...(last && { next: Number(last['key']) }) }
  }

  #byChange(principal: string, { after, limit }: { after: number; limit: number }): ActivityStep {
    const position = this.#position()
    if (after < this.#floor(principal) || after > position) return unknownPosition(position)
    const changed = this.#db.all(
      `${rowsOf} AND members.revision > ? ORDER BY members.revision LIMIT ?`,
      principal,
      after,
      limit + 1,
    )
    const removed = this.#db.all(
      `SELECT session_id, revision FROM removed WHERE principal = ? AND revision > ? AND session_id <> ''
       ORDER BY revision LIMIT ?`,
      principal,
      after,
      limit + 1,
    )
    return changesUpTo(
      {
        rows: changed.map((row) => this.#activityRow(row)),
        removed: removed.map((row) => ({
          sessionId: String(row['session_id']),
          revision: Number(row['revision']),
        })),
        position,
      },
      limit,
    )
  }

  /**
   * Keeps the newest `count` removals. A follower whose cursor is older than a forgotten one gets the
   * complete list.
   */
  forgetRemovals(count: number): void {
    const oldest = this.#db.get(
      'SELECT revision FROM removed ORDER BY revision DESC LIMIT 1 OFFSET ?',
      count,
    )
    if (!oldest) return
    // A row without a principal notes the newest forgotten removal, for `#floor`.
    const floor = Number(oldest['revision'])
    this.#db.run('DELETE FROM removed WHERE revision <= ?', floor)
    this.#db.run("INSERT INTO removed (revision, principal, session_id) VALUES (?, '', '')", floor)
  }

  /** Forgets a principal's removals; a row without a session notes the newest of them, for `#floor`. */
  forgetRemovalsOf(principal: string): void {
    const newest = this.#db.get(
      'SELECT max(revision) AS revision FROM removed WHERE principal = ?',
      principal,
    )?.['revision']
    if (typeof newest !== 'number') return
    this.#db.run('DELETE FROM removed WHERE principal = ?', principal)
    this.#db.run(
      "INSERT INTO removed (revision, principal, session_id) VALUES (?, ?, '')",
      newest,
      principal,
    )
  }

  #byRecency(principal: string, { after, limit }: ListQuery) {
    const { recency = Number.MAX_SAFE_INTEGER, id = '' } = after ?? {}
    // The order of `byRecency` in core/reading/feed-order.ts.
    const found = this.#db.all(
      `${rowsOf} AND members.recency <= ?2 AND (members.recency < ?2 OR sessions.id < ?3)
       ORDER BY members.recency DESC, sessions.id DESC LIMIT ?4`,
      principal,
      recency,
      id,
      limit + 1,
    )
    const listed = found.slice(0, limit)
    const last = found.length > limit ? listed.at(-1) : undefined
    return {
      listed,
      ...(last && { next: { recency: Number(last['recency']), id: String(last['id']) } }),
    }
  }

  #position(): number {
    return this.#cache.nextRevision() - 1
  }

  /** The position of the newest forgotten removal of a principal. A cursor below it may miss removals. */
  #floor(principal: string): number {
    const row = this.#db.get(
      "SELECT max(revision) AS floor FROM removed WHERE principal IN ('', ?) AND session_id = ''",
      principal,
    )
    return Number(row?.['floor'] ?? 0)
  }

  #session(row: Row): Session {
    return {
      id: String(row['id']),
      title: String(row['title']),
      owner: String(row['owner']),
      createdAt: Number(row['created_at']),
      updatedAt: Number(row['updated_at']),
      epoch: this.#cache.stateOf(row).record.epoch,
      ...metadataIn(row, this.#db),
    }
  }

  #activityRow(row: Row): ActivityRow {
    const { record, overlay } = this.#cache.stateOf(row)
    const unread = this.#unread(Number(row['key']), overlay, Number(row['read_up_to']))
    const session = {
      id: String(row['id']),
      title: String(row['title']),
      revision: Number(row['revision']),
    }
    return activityRow(session, record, unread)
  }

  /** The query repeats `countsAsUnread` for packed messages; the two must stay alike. */
  #unread(key: number, overlay: ReadonlyMap<string, Message>, readUpTo: number): number {
    const row = this.#db.get(
      `SELECT count(*) AS unread FROM messages WHERE session = ? AND ord > ?
       AND role = 'assistant' AND open = 0 AND hidden = 0`,
      key,
      readUpTo,
    )
    let unread = Number(row?.['unread'] ?? 0)
    for (const message of overlay.values()) {
      if (!countsAsUnread(message, readUpTo)) continue
      // The query above has counted it if another process packed it meanwhile.
      const packed = this.#db.get(
        'SELECT 1 FROM messages WHERE session = ? AND ord = ? AND open = 0',
        key,
        message.order,
      )
      if (!packed) unread++
    }
    return unread
  }
}
