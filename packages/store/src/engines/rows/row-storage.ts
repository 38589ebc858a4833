import type { Session } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { openingNames } from '../../base/random-tag.ts'
import { firstName, ledgersOf } from '../../core/epoch-ledgers.ts'
import { runAsync } from '../../core/lookups.ts'
import { listVersions } from '../../core/reading/list-versions.ts'
import { sessionNotFound } from '../../errors/session-errors.ts'
import type { ActivityQuery } from '../../port/activity.ts'
import type { Bus, ChangeFeed, CommittedBatch, Notes } from '../../port/bus.ts'
import type { CallCounts } from '../../port/calls.ts'
import type { CommitOptions, Slice, SliceResult } from '../../port/commit.ts'
import type { OwedCalls } from '../../port/owed.ts'
import type {
  NameQuery,
  MessageQuery,
  PromptQuery,
  SearchQuery,
  SegmentQuery,
} from '../../port/reading.ts'
import type { Processes } from '../../port/processes.ts'
import type { CopyPlace, SessionCopy } from '../../port/session-copy.ts'
import type { IdleQuery, ListQuery, NewSession, SessionChange } from '../../port/sessions.ts'
import { StorageError } from '../../port/storage-error.ts'
import type { Maintenance as MaintenanceWork, Storage, StorageStats } from '../../port/storage.ts'
import { Commits, type Decided } from './commit/commits.ts'
import { tableLookups } from './commit/table-lookups.ts'
import { continueFork } from './fork.ts'
import * as lists from './lists.ts'
import { Maintenance } from './maintenance.ts'
import { callCounts } from './calls.ts'
import { owedCalls } from './owed.ts'
import { SessionReads } from './reads.ts'
import { readSession, writeSession } from './session-copy.ts'
import { search } from './search.ts'
import { SessionStates } from './commit/session-states.ts'
import {
  addMember,
  beginFork,
  createSession,
  deleteSession,
  markRead,
  removeMember,
  updateSession,
} from './sessions.ts'
import type { SessionRow } from './tables/rows.ts'
import type { Tables } from './tables/tables.ts'

export interface RowStorageOptions {
  tables: Tables
  /** Closed with the storage. */
  bus: Bus
  clock: Clock
  random: () => number
  /** Ms between two looks for what retention removes. @default 3,600,000 */
  lookEvery?: number
  /** Lets go of what the tables hold. */
  close?: () => Promise<void>
}

/** The storage port on the row operations of a database. */
export class RowStorage implements Storage {
  readonly #tables: Tables
  readonly changes: ChangeFeed
  readonly notes: Notes
  readonly #bus: Bus
  readonly owed: OwedCalls
  readonly calls: CallCounts
  readonly processes: Processes
  /** The counters of all processes when this one first moved its own. */
  #firstBeats: ReadonlyMap<string, number> | undefined
  /** Of the database, as of the newest heartbeat. */
  #history: string | undefined
  readonly #random: () => number
  readonly #names: { process: string; tag: string }
  readonly #reads: SessionReads
  readonly #states: SessionStates
  readonly #commits: Commits
  readonly #maintenance: Maintenance
  readonly #close: () => Promise<void>
  #closed = false

  constructor({
    tables,
    bus,
    clock,
    random,
    lookEvery = 3_600_000,
    close = async () => {},
  }: RowStorageOptions) {
    this.#close = close
    this.#tables = tables
    this.changes = bus
    this.notes = bus
    this.#bus = bus
    this.#random = random
    this.#names = openingNames(random)
    this.owed = owedCalls(tables, this.#names.process, () => this.#assertOpen())
    this.calls = callCounts(tables, clock, () => this.#assertOpen())
    this.processes = {
      own: this.#names.process,
      wasAlive: (process) => this.#wasAlive(process),
      holders: () => this.#holders(),
    }
    this.#states = new SessionStates(this.#names.tag)
    this.#reads = new SessionReads(tables, this.#states)
    this.#commits = new Commits(tables, this.#states, this.#names.process)
    this.#maintenance = new Maintenance(tables, {
      clock,
      lookEvery,
      continueFork: (id) => this.#copyFork(id),
    })
  }

  async commit(slices: readonly Slice[], options?: CommitOptions): Promise<SliceResult[]> {
    this.#assertOpen()
    const decided = await this.#commits.commit(slices, options)
    this.#announceCommit(decided)
    return decided.map(({ result }) => result)
  }

  async segments(sessionId: string, query: SegmentQuery) {
    this.#assertOpen()
    return this.#reads.segments(sessionId, query)
  }

  async state(sessionId: string, { tagAt }: { tagAt?: number } = {}) {
    this.#assertOpen()
    return this.#reads.state(sessionId, tagAt)
  }

  async messages(sessionId: string, query: MessageQuery) {
    this.#assertOpen()
    return this.#reads.messages(sessionId, query)
  }

  async message(sessionId: string, messageId: string) {
    this.#assertOpen()
    return this.#reads.message(sessionId, messageId)
  }

  async versions(sessionId: string, messageId: string) {
    this.#assertOpen()
    return this.#tables.transaction(async (transaction) => {
      // Locked, so that all lookups see the same moment.
      const [session] = await this.#states.load([sessionId], (asks) => transaction.lock(asks))
      if (!session) throw sessionNotFound(sessionId)
      const { record, overlay } = session.state
      const rows = tableLookups(transaction, session.row.key)
      // What streams is newer than its row.
      const following = async (order: number, stretch: number) => {
        const found = await rows.following(order, stretch)
        return found && (overlay.get(found.id) ?? found)
      }
      return runAsync(listVersions(record, messageId), { ...rows, following })
    })
  }

  async search(query: SearchQuery) {
    this.#assertOpen()
    if ('sessionId' in query.in) await this.#row(query.in.sessionId)
    return search(this.#tables, query)
  }

  async prompts(query: PromptQuery) {
    this.#assertOpen()
    return lists.prompts(this.#tables, query)
  }

  async ledgers(sessionId: string, { from, upTo }: { from: number; upTo: number }) {
    this.#assertOpen()
    const { key } = await this.#row(sessionId)
    const range = { after: firstName(from), before: firstName(upTo + 1) }
    return ledgersOf(await this.#tables.rememberedBetween(key, 'used', range))
  }

  async lookup(sessionId: string, { identities = [], messageIds = [] }: NameQuery) {
    this.#assertOpen()
    const { key } = await this.#row(sessionId)
    const counts = await this.#tables.remembered(key, 'import', identities)
    const statuses = await this.#tables.idStatus(key, messageIds)
    return {
      counts: new Map([...counts].filter(([, count]) => count > 0)),
      used: new Set(messageIds.filter((_, index) => statuses[index] !== 'free')),
    }
  }

  async createSession(session: NewSession): Promise<Session> {
    this.#assertOpen()
    const made = await createSession(this.#tables, session, this.#random)
    this.#announce([made.id])
    return made
  }

  async session(sessionId: string, principal?: string): Promise<Session | undefined> {
    this.#assertOpen()
    const row = await this.#tables.session(sessionId, principal)
    return row && lists.sessionOf(row)
  }

  async members(sessionId: string): Promise<string[]> {
    this.#assertOpen()
    return (await this.#tables.members(sessionId)).map(({ principal }) => principal)
  }

  async addMember(sessionId: string, principal: string, most: number): Promise<boolean> {
    this.#assertOpen()
    const isAdded = await addMember(this.#tables, sessionId, { principal, most })
    if (isAdded) this.#announce([sessionId], { members: true })
    return isAdded
  }

  async removeMember(sessionId: string, principal: string): Promise<boolean> {
    this.#assertOpen()
    const isRemoved = await removeMember(this.#tables, sessionId, principal)
    if (isRemoved) this.#announce([sessionId], { members: true })
    return isRemoved
  }

  async sessions(principal: string, query: ListQuery) {
    this.#assertOpen()
    return lists.sessions(this.#tables, principal, query)
  }

  async updateSession(sessionId: string, change: SessionChange): Promise<Session | undefined> {
    this.#assertOpen()
    const updated = await updateSession(this.#tables, sessionId, change)
    if (updated?.changed) this.#announce([sessionId])
    return updated?.session
  }

  async deleteSession(sessionId: string): Promise<string[]> {
    this.#assertOpen()
    const principals = await deleteSession(this.#tables, sessionId)
    if (principals.length > 0) this.#announce([sessionId], { members: true })
    return principals
  }

  async beginFork(fork: { sourceId: string; upTo: number; session: NewSession }): Promise<void> {
    this.#assertOpen()
    await beginFork(this.#tables, fork, this.#random)
  }

  async activity(principal: string, query: ActivityQuery) {
    this.#assertOpen()
    return lists.activity(this.#tables, principal, query)
  }

  async forgetRemovals(principal: string): Promise<void> {
    this.#assertOpen()
    await this.#tables.transaction((transaction) => transaction.forgetRemovals(principal))
  }

  async markRead(sessionId: string, principal: string, upTo: number): Promise<number> {
    this.#assertOpen()
    const { mark, changed } = await markRead(this.#tables, sessionId, { principal, upTo })
    if (changed) this.#announce([sessionId])
    return mark
  }

  async heartbeat(): Promise<void> {
    this.#assertOpen()
    const history = await this.#tables.heartbeat(this.#names.process)
    const before = this.#history
    this.#history = history
    // What this process has read may be lost. Its bus need not have noticed: it may be another server's.
    if (before !== undefined && before !== history) this.#bus.doubt()
    if (this.#firstBeats) return
    const beats = await this.#tables.beats()
    // Another call may have been first.
    this.#firstBeats ??= beats
  }

  async activeRuns(others?: readonly string[]) {
    this.#assertOpen()
    const { process: own } = this.#names
    return lists.activeRuns({ tables: this.#tables, states: this.#states, own }, others)
  }

  async idleSessions(query: IdleQuery) {
    this.#assertOpen()
    return lists.idleSessions(this.#tables, query)
  }

  async maintain(work: MaintenanceWork): Promise<boolean> {
    this.#assertOpen()
    if ('retention' in work) return this.#maintenance.step(work.retention)
    if ('fork' in work) {
      const step = await this.#copyFork(work.fork)
      if (step === 'gone') throw sessionNotFound(work.fork)
      return step === 'copying'
    }
    if ('trim' in work) {
      await this.#row(work.trim)
      await this.#maintenance.trim(work.trim, work.upTo)
      return false
    }
    await this.#row(work.erase)
    return this.#maintenance.continueErase(work.erase)
  }

  async readSession(sessionId: string, place?: CopyPlace): Promise<SessionCopy> {
    this.#assertOpen()
    return readSession({ tables: this.#tables, reads: this.#reads }, sessionId, place)
  }

  async writeSession(copy: SessionCopy): Promise<void> {
    this.#assertOpen()
    const isComplete = await writeSession(this.#tables, copy, this.#names.process)
    if (isComplete) this.#announce([copy.session.id], { members: true })
  }

  stats(): StorageStats {
    return { unpackedEvents: 0, unreadable: 0, fileBytes: 0 }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#bus.close()
    await this.#close()
  }

  /** @throws CaughtupError `NOT_FOUND` */
  async #row(sessionId: string): Promise<SessionRow> {
    const row = await this.#tables.session(sessionId)
    if (!row) throw sessionNotFound(sessionId)
    return row
  }

  async #copyFork(id: string) {
    const step = await continueFork(this.#tables, id, this.#names.tag)
    if (step === 'shown') this.#announce([id])
    return step
  }

  #announceCommit(decided: readonly Decided[]): void {
    const named: string[] = []
    const batches: CommittedBatch[] = []
    for (const { slice, result, tagBefore } of decided) {
      if (result.refused !== undefined) continue
      const { events, cursor } = result
      const [first] = events
      if (!first) continue
      const { sessionId } = slice
      if (tagBefore === undefined) named.push(sessionId)
      else {
        const after = { journal: cursor.journal, seq: first.from - 1, tag: tagBefore }
        batches.push({ sessionId, after, events, tag: cursor.tag })
      }
    }
    this.#announce(named)
    if (batches.length > 0) this.#bus.committed(batches)
  }

  #announce(sessionIds: readonly string[], what = { members: false }): void {
    if (sessionIds.length > 0) this.#bus.announce([...new Set(sessionIds)], what)
  }

  async #wasAlive(process: string): Promise<boolean> {
    this.#assertOpen()
    const beats = (await this.#tables.beats([process])).get(process) ?? 0
    return this.#firstBeats !== undefined && beats > (this.#firstBeats.get(process) ?? 0)
  }

  async #holders(): Promise<ReadonlyMap<string, number>> {
    this.#assertOpen()
    const leading = await this.#tables.leading()
    const others = leading.filter(({ process }) => process !== this.#names.process)
    return new Map(others.map(({ process, beats }) => [process, beats]))
  }

  /** @throws StorageError `closed` */
  #assertOpen(): void {
    if (this.#closed) throw new StorageError('closed', 'The database is closed.')
  }
}
