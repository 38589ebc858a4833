import type { Clock } from '@caughtup/schema/clock'

import type { Retention } from '../../port/storage.ts'
import type { CommitContext } from './log/commit.ts'
import { eraseStep, hasSteps, rewriteErased } from './log/erase.ts'
import { copyFork } from './sessions/fork.ts'
import { removeStalledCopies } from './sessions/write-session.ts'
import { packAll, packDue } from './log/pack.ts'
import { retain } from './log/retain.ts'
import type { Search } from './reads/search.ts'

/** How long packed rows of the log stay, in ms, so that other processes can read them. */
const logGrace = 10_000
/** The most bytes of the log, or rows of another table, that one step removes. */
const trimBytes = 4 * 1024 * 1024
const stepRows = 500
/** How often retention, dead processes and abandoned copies are checked for, in ms. */
const checkEvery = 3_600_000

/**
 * The work between commits, in short steps: packing, indexing, forks, erasures, retention, and
 * removing what is no longer needed.
 */
export class DatabaseMaintenance {
  readonly #context: CommitContext
  readonly #search: Search
  readonly #clock: Clock
  /** Where the log ended at some recent times; tells how old its rows are. */
  #marks: { at: number; logId: number }[] = []
  /** The newest row of the log when this process opened the database. */
  readonly #logIdAtOpening: number
  #checkedAt = -Infinity
  /** The key of the last session that the current check for retention has reached; 0 if none runs. */
  #retainedUpTo = 0
  /** The processes' heartbeat counters at the last check. */
  #beats = new Map<string, number>()
  /** How far copies from other databases were at the last check, by key. */
  #copies: ReadonlyMap<number, number> = new Map()

  constructor(context: CommitContext, search: Search, clock: Clock) {
    this.#context = context
    this.#search = search
    this.#clock = clock
    this.#logIdAtOpening = context.cache.lastLogId
  }

  /** Does one bounded step. Returns whether more is left. */
  step(retention: Retention): boolean {
    let packing = false
    let failure: Error | undefined
    try {
      const abandoned = this.#abandoned()
      packing = packDue(this.#context, abandoned) || this.#packLeftTail(abandoned)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      failure = error
    }
    // A session that cannot be packed must not stop the rest of the work.
    const others = this.#others(retention)
    if (failure && !others) throw failure
    return packing || others
  }

  #others(retention: Retention): boolean {
    const { db, cache } = this.#context
    const { trims, indexes, works, checks } = this.#due()
    if (!trims && !indexes && !works && !checks) return false
    const { more, logId } = db.transaction(() => {
      cache.notice()
      const indexing = indexes && this.#search.index()
      const trimming = trims && this.#trim(this.#trimmable())
      return { more: indexing || trimming || works, logId: works ? this.#work() : undefined }
    })
    if (logId !== undefined) cache.wrote(logId)
    const checking = checks && this.#check(retention)
    return more || checking
  }

  /** Does one step of a session's erasures, within a transaction. Returns whether more is left. */
  eraseIn(sessionId: string): boolean {
    const { db, cache } = this.#context
    const { key } = cache.get(sessionId)
    const erasure = () => db.get('SELECT * FROM erasures WHERE session = ? LIMIT 1', key)
    const first = erasure()
    return first !== undefined && (eraseStep(db, first) || erasure() !== undefined)
  }

  /** Does one step of any erasure, within a transaction. Returns whether there was one to do. */
  erase(): boolean {
    const { db } = this.#context
    const erasure = db.get(`SELECT * FROM erasures WHERE ${hasSteps} ORDER BY key DESC LIMIT 1`)
    if (erasure) eraseStep(db, erasure)
    return erasure !== undefined
  }

  /**
   * Packs and removes as much as possible before the database is closed. If something was erased, a
   * file of at most `rewriteBytes` is rewritten.
   */
  finish(rewriteBytes: number): void {
    const { db, cache } = this.#context
    while (packDue(this.#context, this.#abandoned())) continue
    db.transaction(() => {
      cache.notice()
      while (this.#trim(this.#needed())) continue
    })
    db.shrink()
    rewriteErased(db, rewriteBytes)
    db.checkpoint()
  }

  #due() {
    const { db } = this.#context
    const now = this.#clock.monotonic()
    const some = (sql: string) => db.get(sql) !== undefined
    return {
      trims: (this.#firstLogId() ?? Infinity) < this.#trimmable(),
      indexes: some('SELECT 1 FROM unindexed LIMIT 1'),
      works:
        some(`SELECT 1 FROM erasures WHERE ${hasSteps} LIMIT 1`) ||
        some('SELECT 1 FROM leftovers LIMIT 1') ||
        some('SELECT 1 FROM sessions WHERE fork_of > 0 LIMIT 1'),
      checks: now - this.#checkedAt >= checkEvery,
    }
  }

  #firstLogId(): number | undefined {
    const row = this.#context.db.get('SELECT min(id) AS first FROM log')
    return row?.['first'] === null ? undefined : Number(row?.['first'])
  }

  /** The first row of the log that a session still needs; the newest one, so that ids go on, if none does. */
  #needed(): number {
    const { cache } = this.#context
    let needed = cache.lastLogId
    for (const { logId } of cache.unpacked()) needed = Math.min(needed, logId ?? needed)
    for (const { logId } of cache.tails()) needed = Math.min(needed, logId)
    return needed
  }

  /** The newest row of the log that is so old that every living process has read it. */
  #settled(): number {
    const now = this.#clock.monotonic()
    const { lastLogId } = this.#context.cache
    if (now - (this.#marks.at(-1)?.at ?? -Infinity) >= logGrace / 10) {
      this.#marks.push({ at: now, logId: lastLogId })
    }
    const old = this.#marks.filter(({ at }) => now - at >= logGrace)
    this.#marks = this.#marks.slice(Math.max(0, old.length - 1))
    return old.at(-1)?.logId ?? 0
  }

  /** The newest row of the log so old that a living writer would have packed it. */
  #abandoned(): number {
    return Math.max(this.#settled(), this.#logIdAtOpening)
  }

  /** The oldest row of the log that a session, or another process, may still need. */
  #trimmable(): number {
    return Math.min(this.#needed(), this.#settled() + 1)
  }

  /** Removes some rows of the log before this one. Returns whether some are left. */
  #trim(before: number): boolean {
    const { db } = this.#context
    let bytes = 0
    let end: number | undefined
    for (const row of db.iterate(
      'SELECT id, octet_length(body) AS bytes FROM log WHERE id < ? ORDER BY id',
      before,
    )) {
      end = Number(row['id'])
      bytes += Number(row['bytes'])
      if (bytes >= trimBytes) break
    }
    if (end === undefined) return false
    db.run('DELETE FROM log WHERE id <= ?', end)
    return bytes >= trimBytes
  }

  /** Packs a session whose entries a dead process left in the log. Returns whether there was one. */
  #packLeftTail(abandoned: number): boolean {
    const { db, cache } = this.#context
    if (!cache.tailUpTo(abandoned)) return false
    const cached = db.snapshot(() => {
      // `load` needs all of the session's entries, so the log must be read to its end first.
      cache.notice()
      const tail = cache.tailUpTo(abandoned)
      const row = tail && db.get('SELECT * FROM sessions WHERE key = ?', tail.key)
      if (tail && !row) cache.dropTail(tail.key)
      return row && cache.load(row)
    })
    const isIdle = cached && !cached.record.run && cached.record.queue.length === 0
    if (isIdle && cached.logId !== undefined) packAll([cached], this.#context)
    return true
  }

  /** Continues one fork, one erasure and one leftover; returns the row of the log that it wrote. */
  #work(): number | undefined {
    const { db } = this.#context
    const fork = db.get('SELECT * FROM sessions WHERE fork_of > 0 ORDER BY key LIMIT 1')
    const leftover = db.get('SELECT session FROM leftovers LIMIT 1')
    this.erase()
    if (leftover) this.#removeLeftover(Number(leftover['session']))
    const copied = fork && copyFork(fork, this.#context)
    return copied?.left === 'nothing' ? copied.logId : undefined
  }

  /** Removes some rows of a deleted session. */
  #removeLeftover(session: number): void {
    const { db } = this.#context
    const messages = db.all('SELECT key FROM messages WHERE session = ? LIMIT ?', session, stepRows)
    for (const row of messages) {
      db.run('DELETE FROM words WHERE rowid = ?', Number(row['key']))
      db.run('DELETE FROM unindexed WHERE key = ?', Number(row['key']))
      db.run('DELETE FROM messages WHERE key = ?', Number(row['key']))
    }
    const blocks = db.all('SELECT key FROM blocks WHERE session = ? LIMIT ?', session, stepRows)
    for (const row of blocks) db.run('DELETE FROM blocks WHERE key = ?', Number(row['key']))
    if (messages.length + blocks.length > 0) return
    db.run('DELETE FROM erasures WHERE session = ?', session)
    db.run('DELETE FROM remembered WHERE session = ?', session)
    db.run('DELETE FROM queue WHERE session = ?', session)
    db.run('DELETE FROM leftovers WHERE session = ?', session)
  }

  /** Checks some sessions for retention, then processes and copies. Returns whether more are left. */
  #check(retention: Retention): boolean {
    const { db } = this.#context
    if (retention !== false && this.#retain(retention)) return true
    this.#checkedAt = this.#clock.monotonic()
    db.transaction(() => {
      this.#forgetProcesses()
      this.#copies = removeStalledCopies(db, this.#copies)
    })
    return false
  }

  #retain(retention: Exclude<Retention, false>): boolean {
    const { db } = this.#context
    const sessions = db.all(
      `SELECT *, (SELECT first_at FROM blocks WHERE session = sessions.key
         AND last_seq > sessions.floor ORDER BY first_seq LIMIT 1) AS first_at
       FROM sessions WHERE key > ? AND fork_of IS NULL ORDER BY key LIMIT ?`,
      this.#retainedUpTo,
      stepRows,
    )
    for (const row of sessions) retain(row, retention, this.#context, this.#clock.now())
    this.#retainedUpTo = sessions.length < stepRows ? 0 : Number(sessions.at(-1)?.['key'])
    return this.#retainedUpTo > 0
  }

  /** Forgets processes that have no run and whose counter has not changed since the last check. */
  #forgetProcesses(): void {
    const { db } = this.#context
    const rows = db.all('SELECT id, beats FROM processes')
    for (const row of rows) {
      if (this.#beats.get(String(row['id'])) !== Number(row['beats'])) continue
      db.run(
        `DELETE FROM processes WHERE id = ?1 AND NOT EXISTS
           (SELECT 1 FROM sessions WHERE active = 1 AND process = ?1)`,
        String(row['id']),
      )
    }
    this.#beats = new Map(rows.map((row) => [String(row['id']), Number(row['beats'])]))
  }
}
