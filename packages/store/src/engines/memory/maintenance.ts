import { countKept, retentionFloor } from '../../core/retention.ts'
import { indexAfter, segmentsAfter } from '../../journal/segment.ts'
import type { Retention } from '../../port/storage.ts'
import { continueFork, hasSource } from './fork.ts'
import { tagAt } from './journal-reads.ts'
import type { MemoryDatabase } from './memory-database.ts'
import type { MemorySession } from './memory-session.ts'
import type { Opening } from './opening.ts'

/** One step of whatever waits to be done; false where nothing does. */
export function maintain(
  db: MemoryDatabase,
  opening: Opening,
  { retention, now }: { retention: Retention; now: number },
): boolean {
  for (const [id, fork] of db.forks) {
    if (hasSource(db, fork)) continueFork(db, opening, id)
    else db.forks.delete(id)
    return true
  }
  if (!retention) return false
  for (const session of db.sessions.values()) if (trim(session, retention, now)) return true
  return false
}

function trim(session: MemorySession, retention: Exclude<Retention, false>, now: number): boolean {
  const { state, segments, floor } = session
  const open = [...state.overlay.values()].map(({ revision }) => revision)
  // No journal has more entries than seqs, so that most need not be counted.
  const some = state.record.seq - floor.seq > retention.events
  const seq = retentionFloor(segments, {
    surplus: some ? countKept(segments) - retention.events : 0,
    before: now - retention.age,
    needed: Math.min(...open),
  })
  if (seq <= floor.seq) return false
  session.floor = { seq, tag: tagAt(session, seq) ?? '' }
  segments.splice(0, indexAfter(segments, seq))
  const [first] = segments
  if (first) segments.splice(0, 1, ...segmentsAfter([first], seq))
  return true
}
