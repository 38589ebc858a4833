import type { Event } from '@caughtup/schema'
import { rewritesRows } from '@caughtup/schema/event'

import { appendEvent, indexAfter, segmentsAfter } from '../../../journal/segment.ts'
import { applyToRecord, type SessionRecord } from '../../../core/evolve.ts'
import { sessionNotFound } from '../../../errors/session-errors.ts'
import type { RemoteChanges } from '../../../port/bus.ts'
import { decodeBlock, isStandIn } from '../codec/block-codec.ts'
import type { Database, Row } from '../file/database.ts'
import { foldEvent } from './fold-open.ts'
import type { CachedSession, Tail } from './cached-session.ts'
import { decodeLog } from '../codec/log-codec.ts'
import type { MessageRows } from '../rows/message-rows.ts'
import { readQueue } from '../rows/queue-rows.ts'
import { rebuildRecord, recordIn } from '../rows/record-row.ts'
import { recover } from './recover.ts'

/**
 * How many packed sessions stay in memory. A session with unpacked entries or an open message stays
 * in any case, since its rows lack the newest of it.
 */
const keptPacked = 1_000

/** After this many new rows of the log, the cache drops entries that other processes have packed. */
const dropEvery = 500

/** Above this many remotely changed sessions, the cache no longer lists them but says "all". */
const mostRemote = 10_000

/**
 * The sessions that this process holds in memory.
 *
 * A commit appends its entries as one row to the log, a table that all sessions share. Later, each
 * session is packed: its entries move to blocks, and its messages to rows. The cache therefore holds
 * two things: the state of the sessions in use, and the unpacked entries of all other sessions,
 * their tails. It reads what other processes commit from the log. If rows of the log were deleted
 * before it read them, it forgets everything and reads the whole log again.
 */
export class SessionCache {
  readonly #db: Database
  readonly #messages: MessageRows
  /** By id. The packed ones are in the order of their last use. */
  readonly #sessions = new Map<string, CachedSession>()
  readonly #byKey = new Map<number, CachedSession>()
  /** `evict` looks for sessions to drop only when there are more than this. */
  #evictAbove = keptPacked
  /** Unpacked entries of sessions that are not in `#sessions`, by key. */
  #tails = new Map<number, Tail>()
  /** Database version of the last successful read; SQLite changes it when another process commits. */
  #dataVersion: number | undefined
  /** Reading remote entries failed half-way, so that the whole log must be read again. */
  #broken = false
  #lastLogId = 0
  /** The newest row of the log when `#dropPacked` last ran. */
  #droppedAt = 0
  /** Sessions that other processes changed since the last `takeRemote`. */
  #remote: Set<string> | 'all' = new Set()
  /** Those whose members changed. */
  #remoteMembers = new Set<string>()

  constructor(db: Database, messages: MessageRows) {
    this.#db = db
    this.#messages = messages
  }

  /** The newest row of the log that this process has read or written. */
  get lastLogId(): number {
    return this.#lastLogId
  }

  /**
   * Reads what other processes committed. Every transaction and every read must call it first, so
   * that it works on the newest state.
   */
  notice(): void {
    const version = this.#db.dataVersion()
    if (version === this.#dataVersion && !this.#broken) return
    try {
      this.#catchUp()
      this.#dataVersion = version
      this.#broken = false
    } catch (error) {
      // Some of the entries may have been added already; only a complete read is safe.
      this.#broken = true
      throw error
    }
  }

  #catchUp(): void {
    const row = this.#db.get('SELECT max(id) AS head FROM log')
    const head = Number(row?.['head'] ?? 0)
    if (this.#dataVersion === undefined || this.#broken) {
      this.#readWholeLog(head)
      if (!this.#broken) this.#forgetRemote()
      return
    }
    if (head === this.#lastLogId) return
    const rows = this.#db.all(
      'SELECT id, tag, body FROM log WHERE id > ? ORDER BY id',
      this.#lastLogId,
    )
    if (rows.length !== head - this.#lastLogId) {
      this.#readWholeLog(head)
      return
    }
    for (const row of rows) this.#addLogRow(row)
    this.#lastLogId = head
    if (head - this.#droppedAt >= dropEvery) this.#dropPacked()
  }

  /** Drops entries that other processes have packed since this one read them from the log. */
  #dropPacked(): void {
    this.#droppedAt = this.#lastLogId
    const remote = [...this.unpacked()].filter(({ own }) => !own)
    const keys = [...this.#tails.keys(), ...remote.map(({ key }) => key)]
    if (keys.length === 0) return
    const rows = this.#db.all(
      'SELECT key, packed FROM sessions WHERE key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    )
    const packed = new Map(rows.map((row) => [Number(row['key']), Number(row['packed'])]))
    for (const [key, tail] of this.#tails) {
      // Without a row, the session was deleted: its whole tail goes.
      const segments = segmentsAfter(tail.segments, packed.get(key) ?? Infinity)
      if (segments.length === 0) this.#tails.delete(key)
      else tail.segments = segments
    }
    for (const cached of remote)
      cached.markPacked(Math.min(packed.get(cached.key) ?? 0, cached.seq))
  }

  /** Notes this process's own row of the log, so that it is not read as a remote one. */
  wrote(logId: number): void {
    // A caller that awaits after its transaction may report an older row than another call did.
    this.#lastLogId = Math.max(this.#lastLogId, logId)
  }

  /** The sessions that other processes changed since the last call. */
  takeRemote(): RemoteChanges {
    const [sessions, members] = [this.#remote, this.#remoteMembers]
    this.#forgetRemote()
    return { sessions, members: sessions === 'all' ? sessions : members }
  }

  #forgetRemote(): void {
    this.#remote = new Set()
    this.#remoteMembers = new Set()
  }

  /** @throws CaughtupError `NOT_FOUND` */
  get(sessionId: string): CachedSession {
    const cached = this.find(sessionId)
    if (!cached) throw sessionNotFound(sessionId)
    return cached
  }

  find(sessionId: string): CachedSession | undefined {
    const known = this.#sessions.get(sessionId)
    if (known) {
      if (this.#sessions.size > keptPacked && isPacked(known)) this.#markUsed(known)
      return known
    }
    const row = this.#db.get('SELECT * FROM sessions WHERE id = ? AND fork_of IS NULL', sessionId)
    return row && this.load(row)
  }

  /** The session with this key, unless it would have to be loaded. */
  inMemory(key: number): CachedSession | undefined {
    return this.#byKey.get(key)
  }

  /**
   * The record of a session and its messages that are newer than their rows. A packed session is
   * read from its row and not loaded, since a list has many.
   */
  stateOf(row: Row): Pick<CachedSession, 'record' | 'overlay'> {
    const key = Number(row['key'])
    const known = this.#byKey.get(key)
    if (known) return known
    const record = this.#tails.has(key) ? undefined : recordIn(row, this.#db)
    return record ? { record, overlay: new Map() } : this.load(row)
  }

  /** Sessions in memory that have unpacked entries. */
  *unpacked(): Iterable<CachedSession> {
    for (const cached of this.#sessions.values()) if (cached.logId !== undefined) yield cached
  }

  /** Sessions that have only a tail in memory, with the first row of the log that is part of it. */
  *tails(): Iterable<{ key: number; logId: number }> {
    for (const [key, { logId }] of this.#tails) yield { key, logId }
  }

  /** A session whose tail begins at this row of the log or before it. */
  tailUpTo(logId: number): { key: number } | undefined {
    for (const tail of this.tails()) if (tail.logId <= logId) return tail
    return undefined
  }

  /** The newest seq of a session, whether it is in memory or only in its row. */
  newestSeq(row: Row): number {
    const key = Number(row['key'])
    const tail = this.#tails.get(key)?.segments.at(-1)?.seq ?? 0
    return this.#byKey.get(key)?.seq ?? Math.max(Number(row['packed']), tail)
  }

  dropTail(key: number): void {
    this.#tails.delete(key)
  }

  forget(key: number): void {
    const cached = this.#byKey.get(key)
    if (cached) this.#sessions.delete(cached.id)
    this.#byKey.delete(key)
    this.#tails.delete(key)
  }

  /** Moves sessions that were just packed to the end of the order in which `evict` drops them. */
  packed(sessions: readonly CachedSession[]): void {
    for (const cached of sessions) this.#markUsed(cached)
    this.#evictAbove = keptPacked
    this.evict()
  }

  /**
   * Drops the packed sessions that were used longest ago. It must not run within a transaction,
   * which may still hold one of them.
   */
  evict(): void {
    if (this.#sessions.size <= this.#evictAbove) return
    for (const cached of this.#sessions.values()) {
      if (this.#sessions.size <= keptPacked) break
      if (isPacked(cached)) this.forget(cached.key)
    }
    // Sessions that could not be dropped are not looked through again at every commit and read.
    this.#evictAbove = Math.max(keptPacked, this.#sessions.size * 1.25)
  }

  #markUsed(cached: CachedSession): void {
    if (!this.#sessions.delete(cached.id)) return
    this.#sessions.set(cached.id, cached)
  }

  /**
   * The next position of the activity feed. It is free only until another process commits, so it
   * must be used in the transaction that asked for it.
   */
  nextRevision(): number {
    const row = this.#db.get(
      `SELECT max(coalesce((SELECT max(revision) FROM sessions), 0),
                  coalesce((SELECT max(revision) FROM removed), 0)) AS revision`,
    )
    return Number(row?.['revision']) + 1
  }

  load(row: Row): CachedSession {
    const key = Number(row['key'])
    const packed = Number(row['packed'])
    const open = this.#messages.open(key)
    const record = recordIn(row, this.#db)
    const cached = recover(
      {
        key,
        id: String(row['id']),
        journal: String(row['journal']),
        record: record ?? this.#rebuild(row),
        tag: String(row['tag']),
        packed,
        rows: this.#messages.of(key),
      },
      open,
      open.length > 0 ? this.#blocksAfter(key, Math.min(...open.map((m) => m.revision))) : [],
      this.#tails.get(key),
    )
    if (!record) this.#completeRebuilt(cached, row)
    this.#db.unreadable += cached.segments.filter(isStandIn).length
    this.#tails.delete(key)
    this.#sessions.set(cached.id, cached)
    this.#byKey.set(key, cached)
    return cached
  }

  #rebuild(row: Row): SessionRecord {
    this.#db.unreadable++
    return rebuildRecord(row, this.#blocksAfter(Number(row['key']), 0), this.#db)
  }

  /**
   * Counts the messages and reads the queue of a rebuilt record from their rows: the journal may
   * have lost the entries that tell them.
   */
  #completeRebuilt(cached: CachedSession, row: Row): void {
    const { key, record, overlay } = cached
    const shown = this.#db.get(
      'SELECT count(*) AS n FROM messages WHERE session = ? AND hidden = 0',
      key,
    )
    // The log may still have entries of messages that were removed from the rows.
    const isNew = (id: string) => this.#messages.idStatus(key, id) === 'free'
    const added = [...overlay.keys()].filter(isNew).length
    const messageCount = Number(shown?.['n']) + added
    cached.become({ record: { ...record, messageCount, queue: readQueue(this.#db, row) }, overlay })
  }

  #blocksAfter(key: number, seq: number) {
    return this.#db
      .all('SELECT * FROM blocks WHERE session = ? AND last_seq > ? ORDER BY first_seq', key, seq)
      .flatMap((block) => {
        const [firstSeq, lastSeq] = [Number(block['first_seq']), Number(block['last_seq'])]
        return decodeBlock(block['body'], { firstSeq, lastSeq })
      })
  }

  #readWholeLog(head: number): void {
    this.#sessions.clear()
    this.#byKey.clear()
    this.#tails = new Map()
    this.#remote = 'all'
    for (const row of this.#db.iterate('SELECT id, tag, body FROM log ORDER BY id')) {
      this.#addLogRow(row)
    }
    this.#lastLogId = head
  }

  #addLogRow(row: Row): void {
    const at = { tag: String(row['tag']), logId: Number(row['id']) }
    for (const line of decodeLog(String(row['body']))) {
      if (!line) {
        this.#db.unreadable++
        continue
      }
      const { session: key, entry: event, id } = line
      this.#noteRemote(key, { id, members: typeof event === 'string' })
      if (event === 'members') continue
      if (event === 'forget') {
        this.forget(key)
        continue
      }
      if (event.type === 'unreadable') this.#db.unreadable++
      const cached = this.#byKey.get(key)
      if (!cached) this.#addToTail(key, event, at)
      else if (event.seq > cached.seq && !addRemote(cached, event, at)) {
        // The event changed packed rows, or entries before it are missing: the next use loads the
        // session from its rows again.
        this.#forgetButTail(cached)
        this.#addToTail(key, event, at)
      }
    }
  }

  #forgetButTail(cached: CachedSession): void {
    this.forget(cached.key)
    if (cached.logId === undefined) return
    const segments = cached.segments.slice(indexAfter(cached.segments, cached.packed))
    this.#tails.set(cached.key, { segments, logId: cached.logId })
  }

  #addToTail(key: number, event: Event, { tag, logId }: { tag: string; logId: number }): void {
    const tail = this.#tails.get(key) ?? { segments: [], logId }
    appendEvent(tail.segments, event, tag)
    this.#tails.set(key, tail)
  }

  /** Notes a session that another process changed, so that its followers are notified. */
  #noteRemote(key: number, told: { id: string | undefined; members: boolean }): void {
    if (this.#remote === 'all') return
    const id = told.id ?? this.#byKey.get(key)?.id ?? this.#idOf(key)
    // The set is bounded because nobody may ever take it.
    if (id === undefined || this.#remote.size >= mostRemote) this.#remote = 'all'
    else {
      this.#remote.add(id)
      if (told.members) this.#remoteMembers.add(id)
    }
  }

  #idOf(key: number): string | undefined {
    const row = this.#db.get('SELECT id FROM sessions WHERE key = ?', key)
    return row && String(row['id'])
  }
}

/** Whether the rows have everything about the session, so that memory may drop it. */
function isPacked({ logId, overlay }: CachedSession): boolean {
  return logId === undefined && overlay.size === 0
}

/** Adds another process's event to a session in memory; returns false if that is not possible. */
function addRemote(
  cached: CachedSession,
  event: Event,
  at: { tag: string; logId: number },
): boolean {
  if (event.from !== cached.seq + 1 || rewritesRows(event)) return false
  const overlay = new Map(cached.overlay)
  foldEvent(overlay, event)
  cached.append([event], at)
  cached.become({ record: applyToRecord(cached.record, event), overlay })
  return true
}
