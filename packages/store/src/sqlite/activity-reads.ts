import type { ActivityRow, Message, Session } from '@caughtup/schema'

import type { ActivityChanges, ListQuery, SessionList } from '../storage.ts'
import type { Database, Row } from './database.ts'
import type { LiveSessions } from './live-sessions.ts'

const owner =
  "coalesce((SELECT principal FROM members AS m WHERE session = sessions.key AND owner = 1), '') AS owner"
const rowsOf = `SELECT sessions.*, members.read_up_to, ${owner} FROM members
  JOIN sessions ON sessions.key = members.session WHERE members.principal = ? AND sessions.fork_of IS NULL`

/** Reads of sessions as wholes: lists, and the rows of the activity feed. */
export class ActivityReads {
  readonly #db: Database
  readonly #lives: LiveSessions

  constructor(db: Database, lives: LiveSessions) {
    this.#db = db
    this.#lives = lives
  }

  session(sessionId: string): Session | undefined {
    const row = this.#db.get(
      `SELECT sessions.*, ${owner} FROM sessions WHERE id = ? AND fork_of IS NULL`,
      sessionId,
    )
    return row && this.#session(row)
  }

  sessions(principal: string, { after, limit }: ListQuery): SessionList {
    const { recency = Number.MAX_SAFE_INTEGER, id = '' } = after ?? {}
    const rows = this.#db.all(
      `${rowsOf} AND (sessions.recency < ?2 OR (sessions.recency = ?2 AND sessions.id < ?3))
       ORDER BY sessions.recency DESC, sessions.id DESC LIMIT ?4`,
      principal,
      recency,
      id,
      limit + 1,
    )
    const listed = rows.slice(0, limit)
    const last = rows.length > limit ? listed.at(-1) : undefined
    return {
      sessions: listed.map((row) => this.#session(row)),
      ...(last && { next: { recency: Number(last['recency']), id: String(last['id']) } }),
    }
  }

  changes(principal: string, since: number | undefined): ActivityChanges {
    const position = this.#lives.nextRevision() - 1
    const complete = since === undefined || since < this.#floor() || since > position
    const from = complete ? 0 : since
    const rows = this.#db.all(
      `${rowsOf} AND sessions.revision > ? ORDER BY sessions.revision`,
      principal,
      from,
    )
    const removed = complete
      ? []
      : this.#db.all(
          'SELECT session_id, revision FROM removed WHERE principal = ? AND revision > ? ORDER BY revision',
          principal,
          from,
        )
    return {
      rows: rows.map((row) => this.#activityRow(row)),
      removed: removed.map((row) => ({
        sessionId: String(row['session_id']),
        revision: Number(row['revision']),
      })),
      position,
      complete,
    }
  }

  row(principal: string, sessionId: string): ActivityRow | undefined {
    const row = this.#db.get(`${rowsOf} AND sessions.id = ?`, principal, sessionId)
    return row && this.#activityRow(row)
  }

  /** Keeps the newest `count` removals; cursors older than the others get the complete list. */
  forgetRemovals(count: number): void {
    const oldest = this.#db.get(
      'SELECT revision FROM removed ORDER BY revision DESC LIMIT 1 OFFSET ?',
      count,
    )
    if (!oldest) return
    const floor = Number(oldest['revision'])
    this.#db.run('DELETE FROM removed WHERE revision <= ?', floor)
    this.#db.run("INSERT INTO removed (revision, principal, session_id) VALUES (?, '', '')", floor)
  }

  /** Below this position, removals may be forgotten. */
  #floor(): number {
    const row = this.#db.get("SELECT max(revision) AS floor FROM removed WHERE principal = ''")
    return Number(row?.['floor'] ?? 0)
  }

  #session(row: Row): Session {
    return {
      id: String(row['id']),
      title: String(row['title']),
      owner: String(row['owner']),
      createdAt: Number(row['created_at']),
      updatedAt: Number(row['updated_at']),
      epoch: this.#lives.beyond(row).record.epoch,
    }
  }

  #activityRow(row: Row): ActivityRow {
    const { record, overlay } = this.#lives.beyond(row)
    const { recency, generation, epoch, messageCount, lastMessageAt, contextUsage } = record
    const { lastModel, lastThinkingLevel, lastError } = record
    const sessionId = String(row['id'])
    return {
      sessionId,
      title: String(row['title']),
      revision: Number(row['revision']),
      recency,
      generation,
      epoch,
      messageCount,
      streaming: record.run?.status === 'streaming',
      headSeq: record.seq,
      unread: this.#unread(Number(row['key']), overlay, Number(row['read_up_to'])),
      ...(lastModel !== undefined && { lastModel }),
      ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
      ...(lastMessageAt !== undefined && { lastMessageAt }),
      ...(contextUsage && { contextUsage }),
      ...(lastError && { lastError }),
    }
  }

  #unread(key: number, overlay: ReadonlyMap<string, Message>, readUpTo: number): number {
    const row = this.#db.get(
      `SELECT count(*) AS unread FROM messages WHERE session = ? AND ord > ?
       AND role = 'assistant' AND open = 0 AND hidden = 0`,
      key,
      readUpTo,
    )
    let unread = Number(row?.['unread'] ?? 0)
    for (const { order, role, status } of overlay.values()) {
      if (order <= readUpTo || role !== 'assistant' || status !== 'done') continue
      // Another process may have packed it meanwhile: then it is counted above.
      const packed = this.#db.get(
        'SELECT 1 FROM messages WHERE session = ? AND ord = ? AND open = 0',
        key,
        order,
      )
      if (!packed) unread++
    }
    return unread
  }
}
