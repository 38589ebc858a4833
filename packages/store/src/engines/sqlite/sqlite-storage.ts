import type {
  EventFilter,
  EventSummary,
  Message,
  SearchHit,
  Session,
  ListedVersion,
} from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { runSync } from '../../core/lookups.ts'
import { listVersions } from '../../core/reading/list-versions.ts'
import { sessionNotFound } from '../../errors/session-errors.ts'
import type { ActivityQuery, ActivityStep } from '../../port/activity.ts'
import type { ChangeFeed } from '../../port/bus.ts'
import type { CommitOptions, Slice, SliceResult } from '../../port/commit.ts'
import type {
  NameQuery,
  MessageQuery,
  PromptQuery,
  SearchQuery,
  SegmentQuery,
  StoredState,
} from '../../port/reading.ts'
import type {
  ActiveRun,
  IdleQuery,
  ListQuery,
  NewSession,
  SessionChange,
} from '../../port/sessions.ts'
import type { CopyPlace, SessionCopy } from '../../port/session-copy.ts'
import { StorageError } from '../../port/storage-error.ts'
import type { Maintenance, Storage, StorageStats } from '../../port/storage.ts'
import { ActivityReads } from './reads/activity-reads.ts'
import { commit, type CommitContext } from './log/commit.ts'
import { LogFeed } from './cache/log-feed.ts'
import type { Database } from './file/database.ts'
import { copyFork, forkRow } from './sessions/fork.ts'
import { currentRows } from './reads/current-rows.ts'
import { JournalReads } from './reads/journal-reads.ts'
import { type CachedSession, hasFinished } from './cache/cached-session.ts'
import { SessionCache } from './cache/session-cache.ts'
import { MessageReads } from './reads/message-reads.ts'
import { MessageRows } from './rows/message-rows.ts'
import { CallRows } from './rows/call-rows.ts'
import { OwedRows } from './rows/owed-rows.ts'
import { ProcessRows } from './rows/process-rows.ts'
import { openMessages, activeRuns } from './sessions/active-runs.ts'
import { packAll } from './log/pack.ts'
import { trim } from './log/retain.ts'
import { openingNames } from '../../base/random-tag.ts'
import { retryBusy } from '../../errors/retry-busy.ts'
import { PromptReads } from './reads/prompt-reads.ts'
import { Search } from './reads/search.ts'
import { SessionRows } from './sessions/session-rows.ts'
import { readSession } from './reads/session-copy.ts'
import { writeSession } from './sessions/write-session.ts'
import { pacer } from '../../base/pacer.ts'
import { DatabaseMaintenance } from './maintenance.ts'

/**
 * How many removed sessions the activity feed remembers. A follower that has missed more gets the
 * complete list.
 */
const rememberedRemovals = 10_000

/** How long `close` waits for another process's lock before it leaves the rest unpacked, in ms. */
const closingPatience = 500

/** Implements the storage port on a SQLite file. */
export class SqliteStorage implements Storage {
  readonly #db: Database
  readonly #clock: Clock
  readonly #context: CommitContext
  readonly #cache: SessionCache
  readonly #rows: MessageRows
  readonly #messages: MessageReads
  readonly #journal: JournalReads
  readonly #activity: ActivityReads
  readonly #sessions: SessionRows
  readonly #search: Search
  readonly #prompts: PromptReads
  readonly #maintenance: DatabaseMaintenance
  readonly #rewriteBytes: number
  readonly #closing = new AbortController()
  readonly changes: ChangeFeed
  readonly owed: OwedRows
  readonly calls: CallRows
  readonly processes: ProcessRows

  constructor(
    db: Database,
    {
      clock,
      random,
      rewriteBytes = 0,
    }: { clock: Clock; random: () => number; rewriteBytes?: number },
  ) {
    this.#db = db
    this.#clock = clock
    this.#rewriteBytes = rewriteBytes
    this.#rows = new MessageRows(db)
    this.#cache = new SessionCache(db, this.#rows)
    this.#messages = new MessageReads(db)
    this.#journal = new JournalReads(db)
    this.#activity = new ActivityReads(db, this.#cache)
    this.#search = new Search(db)
    this.#prompts = new PromptReads(db, this.#cache, this.#search)
    this.#context = {
      db,
      cache: this.#cache,
      messages: this.#rows,
      ...openingNames(random),
    }
    this.#sessions = new SessionRows(this.#context, random)
    this.owed = new OwedRows(db, clock, this.#context.process)
    this.calls = new CallRows(db, clock)
    this.processes = new ProcessRows(db, this.#context.process)
    // This first read marks where the log ends now, so that later remote entries are noticed.
    this.#read(() => undefined)
    this.#maintenance = new DatabaseMaintenance(this.#context, this.#search, clock)
    this.changes = new LogFeed({
      db,
      clock,
      read: () => this.#read(() => this.#cache.takeRemote()),
      closed: this.#closing.signal,
    })
  }

  async commit(slices: readonly Slice[], options?: CommitOptions): Promise<SliceResult[]> {
    return commit(slices, { ...this.#context, ...options })
  }

  async segments(sessionId: string, query: SegmentQuery) {
    return this.#read(() => this.#journal.segments(this.#cache.get(sessionId), query))
  }

  async state(sessionId: string, { tagAt }: { tagAt?: number } = {}): Promise<StoredState> {
    return this.#read(() => {
      const cached = this.#cache.get(sessionId)
      const { record, journal, tag } = cached
      return {
        head: record,
        cursor: { journal, seq: record.seq, tag },
        open: openMessages(cached),
        messageCount: record.messageCount,
        ...this.#journal.bounds(cached, tagAt),
      }
    })
  }

  async messages(sessionId: string, query: MessageQuery) {
    return this.#read(() => this.#messages.window(this.#cache.get(sessionId), query))
  }

  async message(sessionId: string, messageId: string): Promise<Message | undefined> {
    return this.#read(() => {
      const { key, overlay } = this.#cache.get(sessionId)
      return overlay.get(messageId) ?? this.#rows.packed(key, messageId)
    })
  }

  async versions(sessionId: string, messageId: string): Promise<ListedVersion[] | undefined> {
    return this.#read(() => {
      const cached = this.#cache.get(sessionId)
      return runSync(listVersions(cached.record, messageId), currentRows(cached))
    })
  }

  async readSession(sessionId: string, place?: CopyPlace): Promise<SessionCopy> {
    // Only the rows of a packed session have its hidden messages and the ids of its removed ones.
    const cached = this.#read(() => this.#cache.get(sessionId))
    if (!place) await this.#pack([cached])
    const from = { db: this.#db, journal: this.#journal }
    return this.#read(() => readSession(from, this.#cache.get(sessionId), place))
  }

  async writeSession(copy: SessionCopy): Promise<void> {
    const logId = await this.#write(() => writeSession(copy, this.#context))
    if (logId !== undefined) this.#cache.wrote(logId)
  }

  async createSession(session: NewSession): Promise<Session> {
    const { members, ...made } = session
    const [owner = ''] = members
    await this.#write(() => this.#sessions.insert(session))
    return { ...made, owner, updatedAt: made.createdAt, epoch: 0 }
  }

  async session(sessionId: string, principal?: string): Promise<Session | undefined> {
    return this.#read(() => this.#activity.session(sessionId, principal))
  }

  async members(sessionId: string): Promise<string[]> {
    return this.#sessions.members(sessionId)
  }

  async addMember(sessionId: string, principal: string, most: number): Promise<boolean> {
    return this.#changeMembers(sessionId, (cached) =>
      this.#sessions.addMember(cached, { principal, most }),
    )
  }

  async removeMember(sessionId: string, principal: string): Promise<boolean> {
    return this.#changeMembers(sessionId, (cached) => {
      const logId = this.#sessions.removeMember(cached, principal)
      this.#activity.forgetRemovals(rememberedRemovals)
      return logId
    })
  }

  async sessions(principal: string, query: ListQuery) {
    return this.#read(() => this.#activity.sessions(principal, query))
  }

  async updateSession(sessionId: string, change: SessionChange): Promise<Session | undefined> {
    return this.#write(() => {
      this.#sessions.update(sessionId, change)
      return this.#activity.session(sessionId)
    })
  }

  async deleteSession(sessionId: string): Promise<string[]> {
    const remove = () => {
      const cached = this.#cache.find(sessionId)
      const removed = cached && this.#sessions.delete(cached)
      this.#activity.forgetRemovals(rememberedRemovals)
      return removed && { key: cached.key, ...removed }
    }
    const deleted = await this.#write(remove, (removed) => {
      if (!removed) return
      this.#cache.wrote(removed.logId)
      this.#cache.forget(removed.key)
    })
    return deleted?.members ?? []
  }

  async summary(sessionId: string, filter: EventFilter): Promise<EventSummary> {
    return this.#read(() => this.#journal.summary(this.#cache.get(sessionId), filter))
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    // Packs and indexes finished messages first, so that the search finds them too.
    const turn = pacer(this.#clock)
    for (const id of this.#read(() => this.#search.unpacked(query.in, this.#cache))) {
      const cached = this.#read(() => this.#cache.find(id))
      if (cached && hasFinished(cached)) await this.#pack([cached])
      await turn()
    }
    while (await this.#write(() => this.#search.index())) await turn()
    return this.#read(() => this.#search.find(query))
  }

  async prompts(query: PromptQuery) {
    return this.#read(() => this.#prompts.step(query))
  }

  async ledgers(sessionId: string, range: { from: number; upTo: number }) {
    return this.#read(() => this.#rows.ledgers(this.#cache.get(sessionId).key, range))
  }

  async lookup(sessionId: string, query: NameQuery) {
    return this.#read(() => {
      const { key, overlay } = this.#cache.get(sessionId)
      return this.#rows.lookup(key, overlay, query)
    })
  }

  async beginFork(fork: { sourceId: string; upTo: number; session: NewSession }): Promise<void> {
    const source = this.#read(() => this.#cache.get(fork.sourceId))
    await this.#pack([source])
    await this.#write(() => {
      const upTo = Math.min(fork.upTo, source.record.lastOrder)
      this.#sessions.insert(fork.session, { source: source.key, upTo })
    })
  }

  async maintain(work: Maintenance): Promise<boolean> {
    if ('fork' in work) return this.#continueFork(work.fork)
    if ('erase' in work) return this.#write(() => this.#maintenance.eraseIn(work.erase))
    if ('trim' in work) return this.#trim(work.trim, work.upTo)
    return retryBusy(this.#clock, () => this.#maintenance.step(work.retention))
  }

  async backup(path: string, signal?: AbortSignal): Promise<void> {
    return this.#db.backup(path, signal)
  }

  stats(): StorageStats {
    let unpackedEvents = 0
    for (const { unpacked } of this.#cache.unpacked()) unpackedEvents += unpacked.entries
    return { unpackedEvents, unreadable: this.#db.unreadable, fileBytes: this.#db.fileBytes() }
  }

  async activity(principal: string, query: ActivityQuery): Promise<ActivityStep> {
    return this.#read(() => this.#activity.activity(principal, query))
  }

  async forgetRemovals(principal: string): Promise<void> {
    await this.#write(() => this.#activity.forgetRemovalsOf(principal))
  }

  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    return this.#write(() => {
      const { key, record } = this.#cache.get(sessionId)
      return this.#sessions.markRead(key, principal, Math.min(upTo, record.lastOrder))
    })
  }

  async heartbeat(): Promise<void> {
    await this.#write(() => this.processes.beat())
  }

  async activeRuns(others?: readonly string[]): Promise<ActiveRun[]> {
    return this.#read(() => activeRuns(this.#context, others))
  }

  async idleSessions(query: IdleQuery) {
    return this.#read(() => this.#activity.idle(query))
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new StorageError('closed', 'The database is closed.'))
    try {
      // Erasures are completed, so that no byte of the files has erased text once this has returned.
      const turn = pacer(this.#clock)
      const erase = () => this.#db.transaction(() => this.#maintenance.erase())
      while (await retryBusy(this.#clock, erase, closingPatience)) await turn()
      await retryBusy(
        this.#clock,
        () => this.#maintenance.finish(this.#rewriteBytes),
        closingPatience,
      )
    } catch (error) {
      // The disk may be full. Everything is committed, so the next opening can pack the rest.
      if (!(error instanceof StorageError)) throw error
    } finally {
      this.#db.close()
    }
  }

  /** Whether `change` wrote a row of the log, which says that it changed anything. */
  async #changeMembers(
    sessionId: string,
    change: (cached: CachedSession) => number | undefined,
  ): Promise<boolean> {
    const logId = await this.#write(() => change(this.#cache.get(sessionId)))
    if (logId === undefined) return false
    this.#cache.wrote(logId)
    return true
  }

  async #continueFork(sessionId: string): Promise<boolean> {
    const step = await this.#write(() => {
      const row = forkRow(this.#db, sessionId)
      return row && copyFork(row, this.#context)
    })
    if (step?.left === 'source-gone') throw sessionNotFound(sessionId)
    if (step?.left === 'nothing') this.#cache.wrote(step.logId)
    return step?.left === 'more'
  }

  async #trim(sessionId: string, upTo: number): Promise<false> {
    // Entries that are not packed have no block that tells their tags.
    await this.#pack([this.#read(() => this.#cache.get(sessionId))])
    await this.#write(() => trim(this.#cache.get(sessionId), this.#context, upTo))
    return false
  }

  #pack(sessions: readonly CachedSession[]): Promise<void> {
    return retryBusy(this.#clock, () => packAll(sessions, this.#context))
  }

  /** Runs `work` on the newest state, in a read transaction. */
  #read<T>(work: () => T): T {
    const result = this.#db.snapshot(() => {
      this.#cache.notice()
      return work()
    })
    this.#cache.evict()
    return result
  }

  /**
   * Runs `work` in a write transaction; waits while another process holds the lock. `committed` is
   * called before any other call can see the result.
   */
  #write<T>(work: () => T, committed: (result: T) => void = () => undefined): Promise<T> {
    return retryBusy(this.#clock, () => {
      const result = this.#db.transaction(() => {
        this.#cache.notice()
        return work()
      })
      committed(result)
      return result
    })
  }
}
