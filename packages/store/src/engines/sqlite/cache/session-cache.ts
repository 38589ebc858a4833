import type { Event } from '@caughtup/schema'
import { rewritesRows } from '@caughtup/schema/event'

import { appendEvent, indexAfter, segmentsAfter } from '../../../journal/segment.ts'
import { applyToRecord, type SessionRecord } from '../../../core/evolve.ts'
import { sessionNotFound } from '../../../errors/session-errors.ts'
import type { RemoteChanges } from '../../../port/change-feed.ts'
import { decodeBlock, isStandIn } from '../codec/block-codec.ts'
import type { Database, Row } from '../file/database.ts'
import { foldEvent } from './fold-open.ts'
import type { CachedSession, Tail } from './cached-session.ts'
import { decodeLog } from '../codec/log-codec.ts'
import type { MessageRows } from '../rows/message-rows.ts'
import { readQueue } from '../rows/queue-rows.ts'
import { rebuildRecord, recordIn } from '../rows/record-row.ts'
import { recover } from './recover.ts'

/** Sessions at rest that are kept in memory; those that stream are kept however many they are. */
const restingSessions = 1_000

/** Rows of the log written by others after which what they packed is let go of. */
const dropEvery = 500

/** Sessions that are told apart of those that others changed. */
const mostRemote = 10_000

/**
 * The engine's memory of sessions: the log's entries that are not packed, and the state of the
 * sessions in use. What another process commits is read from the log and folded in; where part of
 * the log is gone before it was read, everything is read anew.
 */
export class SessionCache {
  readonly #db: Database
  readonly #messages: MessageRows
  /** Those at rest in the order of use, by id. */
  readonly #sessions = new Map<string, CachedSession>()
  readonly #byKey = new Map<number, CachedSession>()
  /** How many there are before some at rest are looked for. */
  #evictAbove = restingSessions
  /** What the log has of sessions that are not in `#sessions`, by key. */
  #tails = new Map<number, Tail>()
  #dataVersion: number | undefined
  /** Whether reading what others wrote failed, so that everything must be read again. */
  #broken = false
  #lastLogId = 0
  #droppedAt = 0
  /** What other processes changed since it was last asked for. */
  #remote: Set<string> | 'all' = new Set()

  constructor(db: Database, messages: MessageRows) {
    this.#db = db
    this.#messages = messages
  }

  /** The newest row of the log that this process has seen. */
  get lastLogId(): number {
    return this.#lastLogId
  }

  /** To be called first in every transaction and reading: what another process wrote counts. */
  notice(): void {
    const version = this.#db.dataVersion()
    if (version === this.#dataVersion && !this.#broken) return
    try {
      this.#catchUp()
      this.#dataVersion = version
      this.#broken = false
    } catch (error) {
      // How much of it was taken in is not known.
      this.#broken = true
      throw error
    }
  }

  #catchUp(): void {
    const row = this.#db.get("SELECT seq FROM sqlite_sequence WHERE name = 'log'")
    const head = Number(row?.['seq'] ?? 0)
    if (this.#dataVersion === undefined || this.#broken) {
      this.#readAnew(head)
      if (!this.#broken) this.#remote = new Set()
      return
    }
    if (head === this.#lastLogId) return
    const rows = this.#db.all(
      'SELECT id, tag, body FROM log WHERE id > ? ORDER BY id',
      this.#lastLogId,
    )
    if (rows.length !== head - this.#lastLogId) {
      this.#readAnew(head)
      return
    }
    for (const row of rows) this.#takeIn(row)
    this.#lastLogId = head
    if (head - this.#droppedAt >= dropEvery) this.#dropPacked()
  }

  /** Lets go of entries that other processes have packed since they were read from the log. */
  #dropPacked(): void {
    this.#droppedAt = this.#lastLogId
    const others = [...this.unpacked()].filter(({ own }) => !own)
    const keys = [...this.#tails.keys(), ...others.map(({ key }) => key)]
    if (keys.length === 0) return
    const rows = this.#db.all(
      'SELECT key, packed FROM sessions WHERE key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    )
    const packed = new Map(rows.map((row) => [Number(row['key']), Number(row['packed'])]))
    for (const [key, tail] of this.#tails) {
      // One of a deleted session is of no use either.
      const segments = segmentsAfter(tail.segments, packed.get(key) ?? Infinity)
      if (segments.length === 0) this.#tails.delete(key)
      else tail.segments = segments
    }
    for (const cached of others)
      cached.markPacked(Math.min(packed.get(cached.key) ?? 0, cached.seq))
  }

  /** To be called when a commit of this process is in the database. */
  wrote(logId: number): void {
    // Who awaits between its transaction and this may come after others.
    this.#lastLogId = Math.max(this.#lastLogId, logId)
  }

  /** What other processes changed since the last call. */
  takeRemote(): RemoteChanges['sessions'] | undefined {
    const remote = this.#remote
    if (remote !== 'all' && remote.size === 0) return undefined
    this.#remote = new Set()
    return remote
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
      if (this.#sessions.size > restingSessions && isAtRest(known)) this.#used(known)
      return known
    }
    const row = this.#db.get('SELECT * FROM sessions WHERE id = ? AND fork_of IS NULL', sessionId)
    return row && this.load(row)
  }

  /** The session that is in memory, if it is. */
  inMemory(key: number): CachedSession | undefined {
    return this.#byKey.get(key)
  }

  /** What is known of a session beyond its row; one at rest is not kept in memory for that. */
  beyond(row: Row): Pick<CachedSession, 'record' | 'overlay'> {
    const key = Number(row['key'])
    const known = this.#byKey.get(key)
    if (known) return known
    const record = this.#tails.has(key) ? undefined : recordIn(row, this.#db)
    return record ? { record, overlay: new Map() } : this.load(row)
  }

  /** Sessions with entries that are not packed. */
  *unpacked(): Iterable<CachedSession> {
    for (const cached of this.#sessions.values()) if (cached.logId !== undefined) yield cached
  }

  /** Keys of sessions that are not in memory, with the first row of the log that has one's entries. */
  *tails(): Iterable<{ key: number; logId: number }> {
    for (const [key, { logId }] of this.#tails) yield { key, logId }
  }

  /** One of them that begins at this row of the log or before it. */
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

  /** To be called when these were packed: they are the newest of those at rest. */
  packed(sessions: readonly CachedSession[]): void {
    for (const cached of sessions) this.#used(cached)
    this.#evictAbove = restingSessions
    this.evict()
  }

  /** Drops sessions at rest that were used longest ago; never while a commit is staged. */
  evict(): void {
    if (this.#sessions.size <= this.#evictAbove) return
    for (const cached of this.#sessions.values()) {
      if (this.#sessions.size <= restingSessions) break
      if (isAtRest(cached)) this.forget(cached.key)
    }
    // The others are not looked at again for every commit and reading.
    this.#evictAbove = Math.max(restingSessions, this.#sessions.size * 1.25)
  }

  #used(cached: CachedSession): void {
    if (!this.#sessions.delete(cached.id)) return
    this.#sessions.set(cached.id, cached)
  }

  /** The next position of the activity feed; to be called inside a transaction that uses it. */
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
    if (!record) this.#complete(cached, row)
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

  /** A record that was rebuilt gets what rows know better than what is left of the journal. */
  #complete(cached: CachedSession, row: Row): void {
    const { key, record, overlay } = cached
    const shown = this.#db.get(
      'SELECT count(*) AS n FROM messages WHERE session = ? AND hidden = 0',
      key,
    )
    // Entries of the log may tell of messages that are gone from the rows already.
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

  #readAnew(head: number): void {
    this.#sessions.clear()
    this.#byKey.clear()
    this.#tails = new Map()
    this.#remote = 'all'
    for (const row of this.#db.iterate('SELECT id, tag, body FROM log ORDER BY id')) {
      this.#takeIn(row)
    }
    this.#lastLogId = head
  }

  #takeIn(row: Row): void {
    const at = { tag: String(row['tag']), logId: Number(row['id']) }
    for (const line of decodeLog(String(row['body']))) {
      if (!line) {
        this.#db.unreadable++
        continue
      }
      const { session: key, event } = line
      this.#touched(key)
      if (!event) {
        this.forget(key)
        continue
      }
      if (event.type === 'unreadable') this.#db.unreadable++
      const cached = this.#byKey.get(key)
      if (!cached) this.#toTail(key, event, at)
      else if (event.seq > cached.seq && !goOn(cached, event, at)) {
        // It changed what is in rows, or entries are missing: it is put together from them anew.
        this.#setAside(cached)
        this.#toTail(key, event, at)
      }
    }
  }

  #setAside(cached: CachedSession): void {
    this.forget(cached.key)
    if (cached.logId === undefined) return
    const segments = cached.segments.slice(indexAfter(cached.segments, cached.packed))
    this.#tails.set(cached.key, { segments, logId: cached.logId })
  }

  #toTail(key: number, event: Event, { tag, logId }: { tag: string; logId: number }): void {
    const tail = this.#tails.get(key) ?? { segments: [], logId }
    appendEvent(tail.segments, event, tag)
    this.#tails.set(key, tail)
  }

  /** Notes a session whose followers are to look. */
  #touched(key: number): void {
    if (this.#remote === 'all') return
    const id = this.#byKey.get(key)?.id ?? this.#idOf(key)
    // Nobody may be asking.
    if (id === undefined || this.#remote.size >= mostRemote) this.#remote = 'all'
    else this.#remote.add(id)
  }

  #idOf(key: number): string | undefined {
    const row = this.#db.get('SELECT id FROM sessions WHERE key = ?', key)
    return row && String(row['id'])
  }
}

/** Whether it can be put together from its rows: what is in the log is not read again. */
function isAtRest({ logId, overlay }: CachedSession): boolean {
  return logId === undefined && overlay.size === 0
}

/** Folds what another process wrote into a session in memory, if that can be done. */
function goOn(cached: CachedSession, event: Event, at: { tag: string; logId: number }): boolean {
  if (event.from !== cached.seq + 1 || rewritesRows(event)) return false
  const overlay = new Map(cached.overlay)
  foldEvent(overlay, event)
  cached.append([event], at)
  cached.become({ record: applyToRecord(cached.record, event), overlay })
  return true
}
