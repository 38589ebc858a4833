import type { Event, EventFilter, EventPage, EventSummary } from '@caughtup/schema'

import { jsonBytes } from '../../base/bytes.ts'
import { entriesOf, matches } from '../../journal/entries.ts'
import type { Segment } from '../../journal/segment.ts'
import type { EventQuery } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'

/** Most bytes of entries that are read at once: some blocks or some thousands of rows. */
const stretchBytes = 512 * 1024
/** What an entry is expected to have, so that one reading is enough for most pages. In bytes. */
const entryBytes = 512

/** A stretch of entries that match, and the floor as of the same moment. */
interface Stretch {
  events: Iterable<Event>
  floor: number
}

/** Entries that match, each by itself, in the direction asked for, capped. */
export async function listEvents(
  storage: Pick<Storage, 'segments'>,
  sessionId: string,
  { filter, from, limit, bytes }: EventQuery,
): Promise<EventPage> {
  const events: Event[] = []
  let size = 0
  const atOnce = Math.min(bytes, (limit + 1) * entryBytes, stretchBytes)
  for await (const stretch of stretches(storage, sessionId, { filter, from, bytes: atOnce })) {
    for (const event of stretch.events) {
      size += jsonBytes(event)
      const last = events.at(-1)
      if (last && (events.length >= limit || size > bytes)) return { events, nextCursor: last.seq }
      events.push(event)
    }
  }
  return { events, nextCursor: null }
}

/** How many match, exactly. */
export async function summarise(
  storage: Pick<Storage, 'segments' | 'summary'>,
  sessionId: string,
  filter: EventFilter,
): Promise<EventSummary> {
  if (storage.summary) return storage.summary(sessionId, filter)
  const types: EventSummary['types'] = {}
  let total = 0
  let first: number | undefined
  let last = 0
  let floor = 0
  const query = { filter, from: 'oldest', bytes: stretchBytes } as const
  for await (const stretch of stretches(storage, sessionId, query)) {
    floor = stretch.floor
    for (const { type, seq } of stretch.events) {
      types[type] = (types[type] ?? 0) + 1
      total++
      first ??= seq
      last = seq
    }
  }
  return { total, types, floor, ...(first !== undefined && { first, last }) }
}

/** The matching entries in stretches, each as of its own moment: entries do not change. */
async function* stretches(
  storage: Pick<Storage, 'segments'>,
  sessionId: string,
  { filter, from, bytes }: Pick<EventQuery, 'filter' | 'from' | 'bytes'>,
): AsyncGenerator<Stretch> {
  let { after = 0, before = Infinity } = filter
  for (;;) {
    const query = { from, filter, bytes, after, before }
    const { segments, floor, complete } = await storage.segments(sessionId, query)
    const range = { ...filter, after: Math.max(after, floor), before }
    yield { events: matching(segments, range, from), floor }
    const last = segments.at(-1)
    if (complete || !last) return
    if (from === 'oldest') after = last.seq
    else before = last.from
    bytes = Math.min(bytes * 2, stretchBytes)
  }
}

function* matching(
  segments: readonly Segment[],
  filter: EventFilter,
  from: EventQuery['from'],
): Iterable<Event> {
  for (const segment of segments) {
    for (const event of entriesOf(segment, from)) if (matches(event, filter)) yield event
  }
}
