import type { Segment } from '../../journal/segment.ts'
import { newJournal } from '../../base/random-tag.ts'
import { newRecord } from '../../core/evolve.ts'
import type { SessionState } from '../../core/types.ts'
import type { NewSession } from '../../port/sessions.ts'
import { type MessageTable, newTable } from './message-table.ts'

/** All that is stored of a session. */
export interface MemorySession {
  readonly id: string
  /** Sessions are numbered as they are made. */
  readonly key: number
  /** Names the journal in cursors. */
  readonly journal: string
  readonly createdAt: number
  title: string
  updatedAt: number
  /** Position in the activity feed. */
  revision: number
  /** Members' read marks, the owner first. */
  readonly members: Map<string, number>
  /** Its overlay has the open messages, as they are in the table too. */
  state: SessionState
  /** Of who wrote the newest entry; empty before the first. */
  tag: string
  readonly table: MessageTable
  segments: Segment[]
  /** Entries up to `seq` are gone; the tag of who wrote that one. */
  floor: { readonly seq: number; readonly tag: string }
  /** Who started the run or went on with it last. */
  process: string | undefined
  /** Children whose usage the ledger has. */
  readonly children: Set<string>
  /** How often each identity was imported. */
  readonly imported: Map<string, number>
}

export function newMemorySession(
  { id, title, createdAt, members }: NewSession,
  key: number,
  random: () => number,
): MemorySession {
  return {
    id,
    key,
    journal: newJournal(random),
    createdAt,
    title,
    updatedAt: createdAt,
    revision: 0,
    members: new Map(members.map((principal) => [principal, 0])),
    state: { record: newRecord(createdAt), overlay: new Map() },
    tag: '',
    table: newTable(),
    segments: [],
    floor: { seq: 0, tag: '' },
    process: undefined,
    children: new Set(),
    imported: new Map(),
  }
}
