import { addsMember, removesMember } from '../../../core/sessions/membership.ts'
import { newRecord } from '../../../core/evolve.ts'
import { sessionExists } from '../../../errors/session-errors.ts'
import type { NewSession, SessionChange } from '../../../port/sessions.ts'
import type { CommitContext } from '../log/commit.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { Database } from '../file/database.ts'
import { encodeForgetting, encodeMembersChanged } from '../codec/log-codec.ts'
import { encodeMetadata } from '../rows/metadata-row.ts'
import { encodeRecord } from '../rows/record-row.ts'
import { newJournal } from '../../../base/random-tag.ts'

/** The rows of sessions and their members. Methods that write must be called in a transaction. */
export class SessionRows {
  readonly #context: CommitContext
  readonly #random: () => number

  constructor(context: CommitContext, random: () => number) {
    this.#context = context
    this.#random = random
  }

  /**
   * Inserts a session. A fork stays hidden until its messages are copied.
   *
   * @throws CaughtupError `CONFLICT` for an id that a session has already
   */
  insert(
    { id, title, createdAt, members, metadata }: NewSession,
    fork?: { source: number; upTo: number },
  ): void {
    const { db, cache } = this.#context
    const journal = newJournal(this.#random)
    if (db.get('SELECT 1 FROM sessions WHERE id = ?', id)) throw sessionExists(id)
    const record = newRecord(createdAt)
    const { lastId: key } = db.run(
      `INSERT INTO sessions
         (id, journal, title, created_at, updated_at, record, tag, recency, revision, fork_of, fork_up_to, metadata)
       VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?)`,
      id,
      journal,
      title,
      createdAt,
      createdAt,
      encodeRecord(record),
      record.recency,
      // A hidden session is not in the activity feed; it gets its position when it is complete.
      fork ? 0 : cache.nextRevision(),
      fork?.source ?? null,
      fork?.upTo ?? null,
      encodeMetadata(metadata),
    )
    insertMembers(db, key, [...new Set(members)])
  }

  members(sessionId: string): string[] {
    const rows = this.#context.db.all(
      `SELECT principal FROM members JOIN sessions ON sessions.key = members.session
       WHERE sessions.id = ? AND sessions.fork_of IS NULL ORDER BY members.owner DESC`,
      sessionId,
    )
    return rows.map((row) => String(row['principal']))
  }

  /**
   * Adds a member who has read everything so far. Returns the row of the log, or `undefined` if the
   * principal is one already.
   */
  addMember(
    { key, id, record }: CachedSession,
    { principal, most }: { principal: string; most: number },
  ): number | undefined {
    const { db, cache } = this.#context
    if (!addsMember(this.members(id), principal, most)) return undefined
    db.run('UPDATE sessions SET revision = ? WHERE key = ?', cache.nextRevision(), key)
    db.run(
      `INSERT INTO members (principal, session, owner, read_up_to, recency, revision)
       SELECT ?, key, 0, ?, recency, revision FROM sessions WHERE key = ?`,
      principal,
      record.lastOrder,
      key,
    )
    return this.#log(encodeMembersChanged(key))
  }

  /** Removes a member. Returns the row of the log, or `undefined` if the principal is none. */
  removeMember({ key, id }: CachedSession, principal: string): number | undefined {
    if (!removesMember(this.members(id), principal)) return undefined
    this.#noteRemoval(id, [principal])
    this.#context.db.run('DELETE FROM members WHERE session = ? AND principal = ?', key, principal)
    return this.#log(encodeMembersChanged(key))
  }

  update(sessionId: string, { title, metadata, at, ifTitle }: SessionChange): void {
    this.#context.db.run(
      `UPDATE sessions SET title = coalesce(?, title), metadata = coalesce(?, metadata),
       updated_at = ?, revision = ?
       WHERE id = ? AND fork_of IS NULL AND title = coalesce(?, title)`,
      title ?? null,
      encodeMetadata(metadata),
      at,
      this.#context.cache.nextRevision(),
      sessionId,
      ifTitle ?? null,
    )
  }

  /** Moves a member's read mark forward and returns it. */
  markRead(key: number, principal: string, upTo: number): number {
    const { db, cache } = this.#context
    const { changes } = db.run(
      'UPDATE members SET read_up_to = ? WHERE session = ? AND principal = ? AND read_up_to < ?',
      upTo,
      key,
      principal,
      upTo,
    )
    if (changes > 0) {
      db.run('UPDATE sessions SET revision = ? WHERE key = ?', cache.nextRevision(), key)
    }
    const row = db.get(
      'SELECT read_up_to FROM members WHERE session = ? AND principal = ?',
      key,
      principal,
    )
    return Number(row?.['read_up_to'] ?? 0)
  }

  /** Hides a session at once; maintenance removes its messages and journal step by step. */
  delete({ key, id }: CachedSession): { logId: number; members: string[] } {
    const members = this.members(id)
    this.#noteRemoval(id, members)
    deleteRows(this.#context.db, key)
    return { logId: this.#log(encodeForgetting(key, id)), members }
  }

  /** Tells the feeds of principals that they lost a session. */
  #noteRemoval(id: string, principals: readonly string[]): void {
    const { db, cache } = this.#context
    const revision = cache.nextRevision()
    for (const principal of principals) {
      db.run(
        'INSERT INTO removed (revision, principal, session_id) VALUES (?, ?, ?)',
        revision,
        principal,
        id,
      )
    }
  }

  /** Writes a line for other processes, and returns its row of the log. */
  #log(body: string): number {
    const { db, tag } = this.#context
    return db.run('INSERT INTO log (tag, body) VALUES (?, ?)', tag, body).lastId
  }
}

/** Inserts the members of a session that is inserted already; the first one is its owner. */
export function insertMembers(db: Database, key: number, members: readonly string[]): void {
  for (const [index, principal] of members.entries()) {
    db.run(
      `INSERT INTO members (principal, session, owner, recency, revision)
       SELECT ?, key, ?, recency, revision FROM sessions WHERE key = ?`,
      principal,
      index === 0 ? 1 : 0,
      key,
    )
  }
}

/** Deletes a session's own rows; maintenance removes the rest. */
export function deleteRows(db: Database, key: number): void {
  db.run('DELETE FROM members WHERE session = ?', key)
  db.run('DELETE FROM owed WHERE session = ?', key)
  db.run('DELETE FROM sessions WHERE key = ?', key)
  db.run('INSERT INTO leftovers (session) VALUES (?)', key)
}
