import type { MemorySession } from './memory-session.ts'
import type { Opening } from './opening.ts'

/** All that is stored, as plain data, and who has it open. */
export interface MemoryDatabase {
  readonly sessions: Map<string, MemorySession>
  /** Forks that are not complete, by their own ids: nobody sees them. */
  readonly forks: Map<string, Fork>
  /** Sessions and forks made so far. */
  made: number
  /** Positions of the activity feed given so far. */
  revision: number
  /** Deleted sessions, one entry per member, oldest first. */
  removals: Removal[]
  /** Removals up to this position may be forgotten. */
  removalFloor: number
  /** How often each process has said that it lives. */
  readonly beats: Map<string, number>
  readonly openings: Set<Opening>
}

export interface Fork {
  readonly source: MemorySession
  /** The order of the last message that it will hold. */
  readonly upTo: number
  /** Messages up to this order are in `session` already. */
  copied: number
  readonly session: MemorySession
}

interface Removal {
  readonly principal: string
  readonly sessionId: string
  readonly revision: number
}

export function emptyDatabase(): MemoryDatabase {
  return {
    sessions: new Map(),
    forks: new Map(),
    made: 0,
    revision: 0,
    removals: [],
    removalFloor: 0,
    beats: new Map(),
    openings: new Set(),
  }
}

export function copyDatabase({ openings: _, ...data }: MemoryDatabase): MemoryDatabase {
  return { ...structuredClone(data), openings: new Set() }
}

/** Tells the other openings that `writer` wrote about the session. */
export function tellOthers({ openings }: MemoryDatabase, writer: Opening, sessionId: string): void {
  for (const opening of openings) if (opening !== writer) opening.notice(sessionId)
}
