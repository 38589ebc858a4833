import * as z from 'zod'

import { event, eventTypes } from '../event/event.ts'
import { count, timestamp } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const eventFilterObject = z.strictObject({
  types: z.array(z.enum(eventTypes)).max(eventTypes.length).exactOptional(),
  epoch: count.exactOptional(),
  /** Seqs above `after` and below `before`. */
  after: count.exactOptional(),
  before: count.exactOptional(),
  /** Times from `since` on, and before `until`. */
  since: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
})
/** Selects the entries of a journal that meet all given conditions. */
export interface EventFilter extends z.infer<typeof eventFilterObject> {}
export const eventFilter: SchemaOf<EventFilter> = eventFilterObject

const eventPageObject = z.object({
  events: z.array(event),
  /** Seq of the last entry, for the next page in the same direction; null if and only if nothing more matches. */
  nextCursor: count.nullable(),
})
/** A page of a journal, in the requested direction. */
export interface EventPage extends z.infer<typeof eventPageObject> {}
export const eventPage: SchemaOf<EventPage> = eventPageObject

const eventSummaryObject = z.object({
  total: count,
  types: z.partialRecord(z.enum(eventTypes), count),
  /** Seqs of the first and the last match; absent without a match. */
  first: count.exactOptional(),
  last: count.exactOptional(),
  /** Retention removed the entries up to this seq. */
  floor: count,
})
/** The exact number of matching entries, and the range that they span. */
export interface EventSummary extends z.infer<typeof eventSummaryObject> {}
export const eventSummary: SchemaOf<EventSummary> = eventSummaryObject
