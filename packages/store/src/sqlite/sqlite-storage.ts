import type { ActivityRow, Cursor, Message, Page, ReplayReason, Session } from '@caughtup/schema'

import type { Clock } from '@caughtup/schema/clock'

import { newRecord } from '../session-record.ts'
import type {
  ActivityChanges,
  EventBatch,
  EventsOptions,
  ListQuery,
  NewSession,
  OpenRun,
  SessionHead,
  SessionList,
  Slice,
  SliceResult,
  Storage,
  Window,
  WindowCaps,
} from '../storage.ts'
import { ActivityReads } from './activity-reads.ts'
import { commit } from './commit.ts'
import type { Database, Row } from './database.ts'
import { JournalReads } from './journal-reads.ts'
import { LiveSessions } from './live-sessions.ts'
import { MessageReads } from './message-reads.ts'
import { randomTag } from './random-tag.ts'
import { retryBusy } from './retry-busy.ts'

/** Deleted sessions that the activity feed remembers; older cursors get the complete list. */
const rememberedRemovals = 10_000

/** The storage port on a SQLite file. */
export class SqliteStorage implements Storage {
  readonly #db: Database
  readonly #clock: Clock
  readonly #random: () => number
  readonly #process: string
  readonly #lives: LiveSessions
  readonly #messages: MessageReads
  readonly #journal: JournalReads
  readonly #activity: ActivityReads

  constructor(db: Database, { clock, random }: { clock: Clock; random: () => number }) {
    this.#db = db
    this.#clock = clock
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
    return this.#read(() => this.#journal.events(this.#lives.get(sessionId), after, bytes))
  }

  async checkCursor(sessionId: string, cursor: Cursor): Promise<'ok' | ReplayReason> {
    return this.#read(() => this.#journal.checkCursor(this.#lives.get(sessionId), cursor))
  }

  async window(sessionId: string, caps: WindowCaps): Promise<Window> {
    return this.#read(() => this.#messages.window(this.#lives.get(sessionId), caps))
  }

  async page(sessionId: string, before: number, limit: number): Promise<Page> {
    return this.#read(() => this.#messages.page(this.#lives.get(sessionId), before, limit))
  }

  async message(sessionId: string, messageId: string): Promise<Message | undefined> {
    return this.#read(() => {
      const { key, overlay } = this.#lives.get(sessionId)
      return overlay.get(messageId) ?? this.#messages.packed(key, messageId)
    })
  }

  async head(sessionId: string): Promise<SessionHead> {
    return this.#read(() => {
      const live = this.#lives.get(sessionId)
      const { record, journal, tag } = live
      return {
        head: record,
        cursor: { journal, seq: record.seq, tag },
        open: openMessages(live),
        messageCount: record.messageCount,
      }
    })
  }

  async createSession(session: NewSession): Promise<Session> {
    const { id, title, createdAt, members } = session
    const record = newRecord(createdAt)
    await this.#write(() => {
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
    return this.#read(() => this.#activity.session(sessionId))
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
    return this.#read(() => this.#activity.sessions(principal, query))
  }

  async updateSession(
    sessionId: string,
    { title, at, ifTitle }: { title: string; at: number; ifTitle?: string },
  ) {
    return this.#write(() => {
      this.#db.run(
        'UPDATE sessions SET title = ?, updated_at = ?, revision = ? WHERE id = ? AND title = coalesce(?, title)',
        title,
        at,
        this.#lives.nextRevision(),
        sessionId,
        ifTitle ?? null,
      )
      return this.#activity.session(sessionId)
    })
  }

  async deleteSession(sessionId: string): Promise<string[]> {
    const { key, members } = await this.#write(() => this.#delete(sessionId))
    if (key !== undefined) this.#lives.forget(sessionId, key)
    return members
  }

  async activity(principal: string, since: number | undefined): Promise<ActivityChanges> {
    return this.#read(() => this.#activity.changes(principal, since))
  }

  async activityRow(principal: string, sessionId: string): Promise<ActivityRow | undefined> {
    return this.#read(() => this.#activity.row(principal, sessionId))
  }

  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    return this.#write(() => {
      const { key, record } = this.#lives.get(sessionId)
      const mark = Math.min(upTo, record.lastOrder)
      const { changes } = this.#db.run(
        'UPDATE members SET read_up_to = ? WHERE session = ? AND principal = ? AND read_up_to < ?',
        mark,
        key,
        principal,
        mark,
      )
      if (changes > 0) {
        const revision = this.#lives.nextRevision()
        this.#db.run('UPDATE sessions SET revision = ? WHERE key = ?', revision, key)
      }
      const row = this.#db.get(
        'SELECT read_up_to FROM members WHERE session = ? AND principal = ?',
        key,
        principal,
      )
      return Number(row?.['read_up_to'] ?? 0)
    })
  }

  async beat(): Promise<void> {
    await this.#write(() =>
      this.#db.run(
        'INSERT INTO processes (id, beats) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET beats = beats + 1',
        this.#process,
      ),
    )
  }

  async openRuns(): Promise<OpenRun[]> {
    return this.#read(() => {
      const rows = this.#db.all(
        `SELECT sessions.id, sessions.process, processes.beats FROM sessions
         LEFT JOIN processes ON processes.id = sessions.process WHERE sessions.active = 1`,
      )
      return rows.map((row) => this.#openRun(row))
    })
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #openRun(row: Row): OpenRun {
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
  }

  #delete(sessionId: string): { key?: number; members: string[] } {
    const key = this.#lives.keyOf(sessionId)
    if (key === undefined) return { members: [] }
    const revision = this.#lives.nextRevision()
    const members = this.#db
      .all('SELECT principal FROM members WHERE session = ?', key)
      .map((row) => String(row['principal']))
    for (const principal of members) {
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
    return { key, members }
  }

  /** One moment's reading. */
  #read<T>(work: () => T): T {
    const result = this.#db.snapshot(() => {
      this.#lives.notice()
      return work()
    })
    this.#lives.evict()
    return result
  }

  /** One transaction, however long another process holds the lock within reason. */
  #write<T>(work: () => T): Promise<T> {
    return retryBusy(this.#clock, () =>
      this.#db.transaction(() => {
        this.#lives.notice()
        return work()
      }),
    )
  }
}

function openMessages({ overlay }: { overlay: ReadonlyMap<string, Message> }): Message[] {
  return [...overlay.values()].filter((message) => message.status === 'open')
}
