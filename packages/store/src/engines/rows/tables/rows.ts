import type { Event, Message, SessionMetadata } from '@caughtup/schema'

import type { SessionRecord } from '../../../core/evolve.ts'
import type { OwedCall } from '../../../port/owed.ts'
import type { HiddenIn } from '../../../port/session-copy.ts'

/**
 * A session's row: its lock is the session's lock, and two of its numbers are part of the fence. It is
 * written by every commit except those of mere deltas, so its record is as of `record.seq`, the
 * newest entry that also wrote the row. Messages' rows are as of that entry too.
 */
export interface SessionRow {
  /** Never given again, so that late rows of a deleted session harm nobody. */
  readonly key: number
  readonly id: string
  readonly journal: string
  readonly owner: string
  readonly title: string
  readonly metadata?: SessionMetadata
  readonly createdAt: number
  readonly updatedAt: number
  readonly record: SessionRecord
  /** The tag of the entry `record.seq`; empty before the first. */
  readonly tag: string
  /** Entries up to this one are removed. */
  readonly floor: number
  readonly floorTag: string
  /** The process that leads the active run. */
  readonly process?: string
  /** Set while the session is being copied: until then it is hidden. */
  readonly fork?: ForkJob
  /** Set while the session is being copied from another database: it is hidden as well. */
  readonly copying?: CopyJob
  /** Set while entries may still tell of erased messages. */
  readonly erasing?: ErasureJob
}

export interface ForkJob {
  readonly sourceId: string
  /** The source's key: another session may have its id by now. */
  readonly source: number
  /** The order of the last message that is copied. */
  readonly upTo: number
  /** Messages up to this order are copied. */
  readonly copied: number
  readonly count: number
  /** Orders of the first message and of the newest epoch's first. */
  readonly first: number
  readonly epochFirst: number
}

interface CopyJob {
  /** The newest entry of the session that is copied. */
  readonly seq: number
  /** The number of the last stretch that is written. */
  readonly stretch: number
}

export interface ErasureJob {
  readonly messageIds: readonly string[]
  /** Rows before this entry are rewritten already. */
  readonly from: number
}

/** The entries that one slice wrote into a session's journal. */
export interface EventRow {
  readonly session: number
  /** Its first entry; with the session, the key. */
  readonly first: number
  /** Its last entry. */
  readonly seq: number
  readonly tag: string
  readonly events: readonly Event[]
}

/** A row to append, with what its writer knows of the session. */
export interface AppendedRow extends EventRow {
  /** The `record.seq` of the session's row. */
  readonly base: number
  /** The tag of the entry before `first`, where that has to be looked for. */
  readonly behind?: string
}

/** A row of a journal by what tells it from one that has its place after the database lost it. */
export type WrittenRow = Pick<EventRow, 'session' | 'first' | 'seq' | 'tag'>

/** A change of rows of messages. `session` is the session's key. */
export type MessageChange = { readonly session: number } &
  /** With `hidden`, they are put there hidden; a row that is hidden stays so without it. */
  (
    | { readonly change: 'put'; readonly messages: readonly Message[]; readonly hidden?: HiddenIn }
    | { readonly change: 'remove'; readonly messageIds: readonly string[] }
    | { readonly change: 'truncate'; readonly after: number }
    | { readonly change: 'hide'; readonly after: number; readonly stretch: number }
    | { readonly change: 'show'; readonly stretch: number }
    | { readonly change: 'forget'; readonly stretches: readonly number[] }
    | { readonly change: 'reanchor'; readonly from: number; readonly to: number }
  )

/**
 * Names that a session keeps for ever, with a count: ids of removed messages, identities of imported
 * rows, children whose usage is counted, counts of the ledgers with which epochs ended.
 */
export type RememberedKind = 'gone' | 'import' | 'child' | 'used'

/** Whether nobody sees the session yet. */
export function isHidden({ fork, copying }: Pick<SessionRow, 'fork' | 'copying'>): boolean {
  return fork !== undefined || copying !== undefined
}

/** Whether something runs or waits in the queue. */
export function isActive({ run, queue }: Pick<SessionRecord, 'run' | 'queue'>): boolean {
  return run !== undefined || queue.length > 0
}

/**
 * Who has to look after an active session: the process that leads its run, `''` for whichever where only its queue
 * waits, `undefined` for nobody where the run waits, or came without a process from another database.
 */
export function keeperOf({ record, process }: Pick<SessionRow, 'record' | 'process'>) {
  if (!record.run) return ''
  return record.run.status === 'streaming' ? process : undefined
}

export interface MemberRow {
  readonly principal: string
  /** The order up to which the principal has read. */
  readonly readUpTo: number
  /** Where the session's newest change is in the principal's feed. */
  readonly position: number
}

export interface RemovedSession {
  readonly sessionId: string
  readonly principals: readonly string[]
}

/** A process and its counter, 0 where it is not known. */
export interface ProcessBeats {
  readonly process: string
  readonly beats: number
}

/** A call of a hook that is owed; the key is its hook's id. */
export interface OwedRow extends OwedCall {
  /** Its session's key. */
  readonly session: number
  /** The process that makes it. */
  readonly process: string
}

export interface KnownState extends KnownEntry {
  readonly key: number
  readonly base: number
}

/** An entry as a reader or a writer knows it. The database may have lost it, and others may have its place. */
export interface KnownEntry {
  readonly seq: number
  readonly tag: string
}

export interface RememberedName {
  readonly kind: RememberedKind
  readonly id: string
}

export interface CountedName extends RememberedName {
  readonly count: number
}
