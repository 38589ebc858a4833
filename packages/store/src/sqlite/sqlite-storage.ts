import type { ActivityRow, Cursor, Message, Page, ReplayReason, Session } from '@caughtup/schema'

import { newRecord } from '../session-record.ts'
import type {
  ActivityChanges,
  EventBatch,
  EventsOptions,
  ListQuery,
  NewSession,
  OpenRun,
  SessionList,
  Slice,
  SliceResult,
  Storage,
  Window,
  WindowCaps,
} from '../storage.ts'
import { ActivityReads } from './activity-reads.ts'
import { commit } from './commit.ts'
import type { Database } from './database.ts'
import { JournalReads } from './journal-reads.ts'
import { LiveSessions } from './live-sessions.ts'
import { MessageReads } from './message-reads.ts'
import { randomTag } from './random-tag.ts'

/** Deleted sessions that the activity feed remembers; older cursors get the complete list. */
const rememberedRemovals = 10_000

/** The storage port on a SQLite file. Each method is one transaction or one consistent reading. */
export class SqliteStorage implements Storage {
  readonly #db: Database
  readonly #random: () => number
  readonly #process: string
  readonly #lives: LiveSessions
  readonly #messages: MessageReads
  readonly #journal: JournalReads
  readonly #activity: ActivityReads

  constructor(db: Database, random: () => number) {
    this.#db = db
    this.#random = random
    this.#process = randomTag(random, 12)
    this.#messages = new MessageReads(db)
    this.#lives = new LiveSessions(db, this.#messages)
    this.#journal = new JournalReads(db)
    this.#activity = new ActivityReads(db, this.#lives)
  }

  async commit(slices: readonly Slice[]): Promise<SliceResult[]> {
    return commit(slices, {
      db: this.#db,
      lives: this.#lives,
      messages: this.#messages,
      process: this.#process,
      tag: randomTag(this.#random, 6),
    })
  }

  async events(sessionId: string, after: number, { bytes }: EventsOptions): Promise<EventBatch> {
    return this.#journal.events(this.#lives.get(sessionId), after, bytes)
  }

  async checkCursor(sessionId: string, cursor: Cursor): Promise<'ok' | ReplayReason> {
    return this.#journal.checkCursor(this.#lives.get(sessionId), cursor)
  }

  async window(sessionId: string, caps: WindowCaps): Promise<Window> {
    return this.#messages.window(this.#lives.get(sessionId), caps)
  }

  async page(sessionId: string, before: number, limit: number): Promise<Page> {
    return this.#messages.page(this.#lives.get(sessionId), before, limit)
  }

  async message(sessionId: string, messageId: string): Promise<Message | undefined> {
    const live = this.#lives.get(sessionId)
    return live.overlay.get(messageId) ?? this.#messages.packed(live.key, messageId)
  }

  async head(sessionId: string) {
    const live = this.#lives.get(sessionId)
    const { record, journal, tag } = live
    return { head: record, cursor: { journal, seq: record.seq, tag }, open: openMessages(live) }
  }

  async createSession(session: NewSession): Promise<Session> {
    const { id, title, createdAt, members } = session
    this.#db.transaction(() => {
      const record = newRecord(createdAt)
      const { lastId: key } = this.#db.run(
        `INSERT INTO sessions (id, journal, title, created_at, updated_at, record, tag, recency, revision)
         VALUES (?, ?, ?, ?, ?, ?, '', ?, ?)`,
        id,
        randomTag(this.#random, 10),
        title,
        createdAt,
        createdAt,
        JSON.stringify(record),
        record.recency,
        this.#lives.nextRevision(),
      )
      for (const [index, principal] of members.entries()) {
        this.#db.run(
          'INSERT INTO members (principal, session, owner) VALUES (?, ?, ?)',
          principal,
          key,
          index === 0 ? 1 : 0,
        )
      }
    })
    return { id, title, createdAt, updatedAt: createdAt, epoch: 0 }
  }

  async session(sessionId: string): Promise<Session | undefined> {
    return this.#activity.session(sessionId)
  }

  async isMember(sessionId: string, principal: string): Promise<boolean> {
    const row = this.#db.get(
      `SELECT 1 FROM members JOIN sessions ON sessions.key = members.session
       WHERE sessions.id = ? AND members.principal = ?`,
      sessionId,
      principal,
    )
    return row !== undefined
  }

  async sessions(principal: string, query: ListQuery): Promise<SessionList> {
    return this.#activity.sessions(principal, query)
  }

  async updateSession(sessionId: string, { title, at }: { title: string; at: number }) {
    this.#db.transaction(() =>
      this.#db.run(
        'UPDATE sessions SET title = ?, updated_at = ?, revision = ? WHERE id = ?',
        title,
        at,
        this.#lives.nextRevision(),
        sessionId,
      ),
    )
    return this.#activity.session(sessionId)
  }

  async deleteSession(sessionId: string): Promise<string[]> {
    const members = this.#db.transaction(() => {
      const key = this.#lives.keyOf(sessionId)
      if (key === undefined) return []
      const revision = this.#lives.nextRevision()
      const principals = this.#db
        .all('SELECT principal FROM members WHERE session = ?', key)
        .map((row) => String(row['principal']))
      for (const principal of principals) {
        this.#db.run(
          'INSERT INTO removed (revision, principal, session_id) VALUES (?, ?, ?)',
          revision,
          principal,
          sessionId,
        )
      }
      for (const table of ['messages', 'blocks', 'log', 'members']) {
        this.#db.run(`DELETE FROM ${table} WHERE session = ?`, key)
      }
      this.#db.run('DELETE FROM sessions WHERE key = ?', key)
      this.#activity.forgetRemovals(rememberedRemovals)
      return principals
    })
    this.#lives.forget(sessionId)
    return members
  }

  async activity(principal: string, since: number | undefined): Promise<ActivityChanges> {
    return this.#activity.changes(principal, since)
  }

  async activityRow(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    return this.#activity.row(principal, sessionId)
  }

  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    const live = this.#lives.get(sessionId)
    const mark = Math.min(upTo, live.record.lastOrder)
    this.#db.transaction(() => {
      const { changes } = this.#db.run(
        'UPDATE members SET read_up_to = ? WHERE session = ? AND principal = ? AND read_up_to < ?',
        mark,
        live.key,
        principal,
        mark,
      )
      if (changes > 0) {
        this.#db.run(
          'UPDATE sessions SET revision = ? WHERE key = ?',
          this.#lives.nextRevision(),
          live.key,
        )
      }
    })
    const row = this.#db.get(
      'SELECT read_up_to FROM members WHERE session = ? AND principal = ?',
      live.key,
      principal,
    )
    return Number(row?.['read_up_to'] ?? 0)
  }

  async beat(): Promise<void> {
    this.#db.transaction(() =>
      this.#db.run(
        'INSERT INTO processes (id, beats) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET beats = beats + 1',
        this.#process,
      ),
    )
  }

  async openRuns(): Promise<OpenRun[]> {
    const rows = this.#db.all(
      `SELECT sessions.id, sessions.process, processes.beats FROM sessions
       LEFT JOIN processes ON processes.id = sessions.process WHERE sessions.active = 1`,
    )
    return rows.map((row) => {
      const live = this.#lives.get(String(row['id']))
      const process = String(row['process'])
      return {
        sessionId: live.id,
        head: live.record,
        open: openMessages(live),
        ...(live.record.run && {
          lease: { process, own: process === this.#process, beats: Number(row['beats'] ?? 0) },
        }),
      }
    })
  }

  async close(): Promise<void> {
    this.#db.close()
  }
}

function openMessages({ overlay }: { overlay: ReadonlyMap<string, Message> }): Message[] {
  return [...overlay.values()].filter((message) => message.status === 'open')
}
