import type { Segment } from './segment.ts'

/** What a journal may lose of its oldest entries. */
export interface RetentionBounds {
  /** Entries beyond the number that is kept, as `countKept` counts them. */
  surplus: number
  /** Entries from before this time go. */
  before: number
  /** The lowest revision of an open message: what follows it stays. */
  needed: number
}

/**
 * How many entries these are for retention, which counts them as they are kept: text that is
 * appended to a message is merged, and what was erased has left, so neither is counted.
 */
export function countKept(segments: Iterable<Segment>): number {
  let count = 0
  for (const segment of segments) count += kept(segment)
  return count
}

/**
 * The last seq that goes, of a journal's segments from the oldest; 0 where none goes. An entry that
 * is one too many takes along the text that was merged behind it.
 */
export function retentionFloor(
  segments: Iterable<Segment>,
  { surplus, before, needed }: RetentionBounds,
): number {
  let [tooMany, tooOld] = [0, 0]
  let [counting, aging, removed] = [surplus > 0, true, 0]
  for (const segment of segments) {
    removed += kept(segment)
    counting &&= removed <= surplus
    if (counting) tooMany = segment.seq
    if (aging) {
      const old = oldEntries(segment, before)
      if (old > 0) tooOld = old === Infinity ? segment.seq : segment.from + old - 1
      aging = old === Infinity
    }
    if (!counting && !aging) break
  }
  return Math.min(Math.max(tooMany, tooOld), needed)
}

/** The last seq that goes when all up to `upTo` are to go. */
export function trimFloor(
  upTo: number,
  { newest, needed }: { newest: number } & Pick<RetentionBounds, 'needed'>,
): number {
  return Math.min(upTo, newest, needed)
}

function kept(segment: Segment): number {
  return segment.kind === 'single' ? 1 : 0
}

/** How many of the segment's first entries are from before that time; `Infinity` for all of them. */
function oldEntries(segment: Segment, before: number): number {
  if (segment.kind === 'single') return segment.event.at < before ? Infinity : 0
  const young = segment.ats.findIndex((at) => at >= before)
  return young < 0 ? Infinity : young
}
