import type {
  Cursor,
  Event,
  EventFilter,
  EventPage,
  EventSummary,
  ReplayReason,
} from '@caughtup/schema'

import { cursorVerdict } from '../../core/cursor-verdict.ts'
import { entriesOf, firstOf, matches } from '../../journal/list-events.ts'
import { readEvents } from '../../journal/read-events.ts'
import { indexAfter, type Segment } from '../../journal/segment.ts'
import type { EventBatch, EventQuery } from '../../port/reading.ts'
import type { MemorySession } from './memory-session.ts'

export function events(session: MemorySession, after: number, bytes: number): EventBatch {
  const { journal, segments, tag, state } = session
  const { last, ...read } = readEvents(segmentsAfter(segments, after), after, bytes)
  const end = last ?? { seq: after, tag: tagAt(session, after) ?? tag }
  return { ...read, cursor: { journal, ...end }, newest: state.record.seq }
}

export function checkCursor(session: MemorySession, cursor: Cursor): 'ok' | ReplayReason {
  return cursorVerdict(cursor, {
    journal: session.journal,
    seq: session.state.record.seq,
    floor: session.floor.seq,
    tagAt: (seq) => tagAt(session, seq),
  })
}

export function eventList(
  { segments }: MemorySession,
  { filter, from, ...caps }: EventQuery,
): EventPage {
  return firstOf(entries(segments, filter, from), caps)
}

export function eventSummary(
  { segments, floor }: MemorySession,
  filter: EventFilter,
): EventSummary {
  const types: EventSummary['types'] = {}
  let total = 0
  let first: number | undefined
  let last: number | undefined
  for (const { type, seq } of entries(segments, filter, 'oldest')) {
    types[type] = (types[type] ?? 0) + 1
    total++
    first ??= seq
    last = seq
  }
  return {
    total,
    types,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    floor: floor.seq,
  }
}

/** Of who wrote the entry; `undefined` where it is gone or not there yet. */
export function tagAt({ segments, floor }: MemorySession, seq: number): string | undefined {
  if (seq === floor.seq) return floor.tag
  return seq < floor.seq ? undefined : segments[indexAfter(segments, seq - 1)]?.tag
}

/** Entries that match, each by itself; stretches that cannot have any are not looked into. */
function* entries(
  segments: readonly Segment[],
  filter: EventFilter,
  from: 'oldest' | 'newest',
): Iterable<Event> {
  const start = indexAfter(segments, filter.after ?? 0)
  const end = filter.before === undefined ? segments.length : indexAfter(segments, filter.before)
  for (let step = 0; step <= end - start; step++) {
    const segment = segments[from === 'oldest' ? start + step : end - step]
    if (!segment) continue
    for (const event of entriesOf(segment, from)) if (matches(event, filter)) yield event
  }
}

function* segmentsAfter(segments: readonly Segment[], seq: number): Iterable<Segment> {
  for (let index = indexAfter(segments, seq); ; index++) {
    const segment = segments[index]
    if (!segment) return
    yield segment
  }
}
