import type { Event, EventFilter, EventType } from '@caughtup/schema'

import { cut, type Segment } from './segment.ts'

export function matches(event: Event, filter: EventFilter): boolean {
  const { types, epoch, after, before, since, until } = filter
  return (
    (types === undefined || types.some((type) => type === event.type)) &&
    (epoch === undefined || event.epoch === epoch) &&
    (after === undefined || event.seq > after) &&
    (before === undefined || event.seq < before) &&
    (since === undefined || event.at >= since) &&
    (until === undefined || event.at < until)
  )
}

/** A segment's entries, one by one; an entry that stands for many stays one. */
export function* entriesOf(segment: Segment, from: 'oldest' | 'newest'): Iterable<Event> {
  if (segment.kind === 'single') {
    yield segment.event
    return
  }
  const count = segment.ats.length
  for (let index = 0; index < count; index++) {
    const seq = segment.from + (from === 'oldest' ? index : count - 1 - index)
    yield cut(segment, seq, seq)
  }
}

/** Whether one of a segment's entries may match: surely not where its type or epoch does not. */
export function mayMatch(segment: Segment, filter: EventFilter): boolean {
  if (segment.kind === 'single') return matches(segment.event, filter)
  const { types, epoch } = filter
  const type = segment.kind === 'appends' ? 'message-delta' : 'redacted'
  return (!types || types.includes(type)) && (epoch === undefined || epoch === segment.epoch)
}

/** Counts by type. Counts of consecutive stretches can be added. */
export type TypeCounts = Partial<Record<EventType, number>>

export function countTypes(segments: Iterable<Segment>, filter: EventFilter): TypeCounts {
  const counts: TypeCounts = {}
  for (const segment of segments) {
    for (const event of entriesOf(segment, 'oldest')) {
      if (matches(event, filter)) counts[event.type] = (counts[event.type] ?? 0) + 1
    }
  }
  return counts
}
