import { textBytes } from '../json.ts'
import type { SessionRecord } from '../session-record.ts'
import { sessionNotFound } from '../session-not-found.ts'
import type { Database, Row } from './database.ts'
import { decodeEvent, type Entry } from './event-codec.ts'
import { type LiveSession, recover } from './live-session.ts'
import type { MessageReads } from './message-reads.ts'

/** Sessions at rest that are kept in memory; those that stream are kept however many they are. */
const restingSessions = 1_000

/**
 * The engine's memory of sessions: the unpacked log by session, and the state of those in use.
 * When another process has written to the file, it is read anew.
 */
export class LiveSessions {
  readonly #db: Database
  readonly #messages: MessageReads
  readonly #lives = new Map<string, LiveSession>()
  /** What lies in the log of sessions that are not in `#lives` yet, by key. */
  #tails = new Map<number, Entry[]>()
  #dataVersion: number | undefined

  constructor(db: Database, messages: MessageReads) {
    this.#db = db
    this.#messages = messages
  }

  /** To be called first in every transaction and reading: what another process wrote counts. */
  notice(): void {
    const version = Number(this.#db.get('PRAGMA data_version')?.['data_version'])
    if (version === this.#dataVersion) return
    this.#dataVersion = version
    this.#lives.clear()
    this.#tails = readLog(this.#db)
  }

  /** @throws CaughtupError `NOT_FOUND` */
  get(sessionId: string): LiveSession {
    const live = this.find(sessionId)
    if (!live) throw sessionNotFound(sessionId)
    return live
  }

  find(sessionId: string): LiveSession | undefined {
    const known = this.#lives.get(sessionId)
    if (known) {
      // The map is in the order of use.
      this.#lives.delete(sessionId)
      this.#lives.set(sessionId, known)
      return known
    }
    const row = this.#db.get('SELECT * FROM sessions WHERE id = ?', sessionId)
    return row && this.#load(row)
  }

  /** What is known of a session beyond its row; one at rest is not kept in memory for that. */
  beyond(row: Row): Pick<LiveSession, 'record' | 'overlay'> {
    const known = this.#lives.get(String(row['id']))
    if (known) return known
    return this.#tails.has(Number(row['key']))
      ? this.#load(row)
      : { record: recordIn(row), overlay: new Map() }
  }

  keyOf(sessionId: string): number | undefined {
    const row = this.#db.get('SELECT key FROM sessions WHERE id = ?', sessionId)
    return row && Number(row['key'])
  }

  forget(sessionId: string, key: number): void {
    this.#lives.delete(sessionId)
    this.#tails.delete(key)
  }

  /** Drops sessions at rest that were used longest ago; never while a commit is staged. */
  evict(): void {
    if (this.#lives.size <= restingSessions) return
    for (const [id, { overlay, unpacked }] of this.#lives) {
      if (this.#lives.size <= restingSessions) return
      // What is in the log is not read again.
      if (overlay.size === 0 && unpacked.count === 0) this.#lives.delete(id)
    }
  }

  /** The next position of the activity feed; to be called inside a transaction that uses it. */
  nextRevision(): number {
    const row = this.#db.get(
      `SELECT max(coalesce((SELECT max(revision) FROM sessions), 0),
                  coalesce((SELECT max(revision) FROM removed), 0)) AS revision`,
    )
    return Number(row?.['revision']) + 1
  }

  #load(row: Row): LiveSession {
    const key = Number(row['key'])
    const live = recover(
      {
        key,
        id: String(row['id']),
        journal: String(row['journal']),
        record: recordIn(row),
        tag: String(row['tag']),
      },
      this.#messages.open(key),
      this.#tails.get(key) ?? [],
    )
    this.#tails.delete(key)
    this.#lives.set(live.id, live)
    return live
  }
}

function recordIn(row: Row): SessionRecord {
  // Written by this package's own encoder, in a row that the journal's recovery is built on.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- own data, read back
  return JSON.parse(String(row['record'])) as SessionRecord
}

function readLog(db: Database): Map<number, Entry[]> {
  const tails = new Map<number, Entry[]>()
  for (const row of db.iterate('SELECT id, session, seq, tag, body FROM log ORDER BY id')) {
    const session = Number(row['session'])
    const body = String(row['body'])
    const entry: Entry = {
      event: decodeEvent(body, Number(row['seq'])),
      tag: String(row['tag']),
      bytes: textBytes(body),
      logId: Number(row['id']),
    }
    const tail = tails.get(session)
    if (tail) tail.push(entry)
    else tails.set(session, [entry])
  }
  return tails
}
