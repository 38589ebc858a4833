import type { Event, EventFilter, EventPage, EventType } from '@caughtup/schema'

import { jsonBytes } from '../base/bytes.ts'
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

/** The first entries within the caps, and where the next page starts if there are more. */
export function firstOf(
  entries: Iterable<Event>,
  caps: { limit: number; bytes: number },
): EventPage {
  const events: Event[] = []
  let bytes = 0
  for (const event of entries) {
    bytes += jsonBytes(event)
    const last = events.at(-1)
    if (last && (events.length >= caps.limit || bytes > caps.bytes)) {
      return { events, next: last.seq }
    }
    events.push(event)
  }
  return { events, next: null }
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
