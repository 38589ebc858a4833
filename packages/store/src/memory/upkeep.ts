import { indexAfter, type Segment } from '../journal/segment.ts'
import { redactSegment } from '../journal/redact.ts'
import type { Retention } from '../storage.ts'
import { continueFork } from './fork.ts'
import { tagAt } from './journal-reads.ts'
import type { MemoryDatabase } from './memory-database.ts'
import type { MemorySession } from './memory-session.ts'
import type { Opening } from './opening.ts'

/** Stretches of a journal rewritten in one step. */
const eraseStep = 500

/** One step of whatever waits to be done; false where nothing does. */
export function tidy(
  db: MemoryDatabase,
  opening: Opening,
  { retention, now }: { retention: Retention; now: number },
): boolean {
  for (const [id, { sourceId }] of db.forks) {
    if (db.sessions.has(sourceId)) continueFork(db, opening, id)
    else db.forks.delete(id)
    return true
  }
  for (const session of db.sessions.values()) {
    if (session.erasures.length > 0) {
      continueErase(session)
      return true
    }
    if (retention && trim(session, retention, now)) return true
  }
  return false
}

/** Rewrites one stretch of journal without what was erased; whether more is left. */
export function continueErase({ erasures, segments }: MemorySession): boolean {
  const [erasure] = erasures
  if (!erasure) return false
  const start = indexAfter(segments, erasure.next - 1)
  const last = indexAfter(segments, erasure.last)
  const end = Math.min(start + eraseStep, last)
  for (const [index, segment] of segments.slice(start, end).entries()) {
    segments[start + index] = redactSegment(segment, erasure.messageIds)
    erasure.next = segment.seq + 1
  }
  if (end === last) erasures.shift()
  return erasures.length > 0
}

function trim(session: MemorySession, retention: Exclude<Retention, false>, now: number): boolean {
  const { state, segments, floor } = session
  const surplus = state.record.seq - retention.events
  // What follows the newest entry of an open message stays.
  const revisions = [...state.overlay.values()].map(({ revision }) => revision)
  const seq = Math.min(Math.max(surplus, newestBefore(segments, now - retention.age)), ...revisions)
  if (seq <= floor.seq) return false
  session.floor = { seq, tag: tagAt(session, seq) ?? '' }
  segments.splice(0, indexAfter(segments, seq))
  const [first] = segments
  if (first && first.from <= seq) segments[0] = withoutHead(first, seq)
  return true
}

/** The last seq of the prefix that is older than `time`. */
function newestBefore(segments: readonly Segment[], time: number): number {
  let seq = 0
  for (const segment of segments) {
    const ats = segment.kind === 'single' ? [segment.event.at] : segment.ats
    const kept = ats.findIndex((at) => at >= time)
    if (kept >= 0) return kept === 0 ? seq : segment.from + kept - 1
    seq = segment.seq
  }
  return seq
}

/** The segment's entries above `seq`. */
function withoutHead(segment: Segment, seq: number): Segment {
  const from = seq + 1
  if (segment.kind === 'single') return { ...segment, from, event: { ...segment.event, from } }
  const dropped = from - segment.from
  const start = segment.ends[dropped - 1] ?? 0
  return {
    ...segment,
    from,
    text: segment.text.slice(start),
    ends: segment.ends.slice(dropped).map((end) => end - start),
    ats: segment.ats.slice(dropped),
  }
}
