import * as z from 'zod'

import { event, eventTypes } from '../event/event.ts'
import { count, timestamp } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const eventFilterObject = z.strictObject({
  types: z.array(z.enum(eventTypes)).exactOptional(),
  epoch: count.exactOptional(),
  /** Seqs strictly between. */
  after: count.exactOptional(),
  before: count.exactOptional(),
  /** Times: from `since` on, and before `until`. */
  since: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
})
/** Which entries of a journal: all conditions that are given must hold. */
export interface EventFilter extends z.infer<typeof eventFilterObject> {}
export const eventFilter: SchemaOf<EventFilter> = eventFilterObject

const eventPageObject = z.object({
  events: z.array(event),
  /** The seq to go on from, as `after` or `before`; null exactly when nothing more matches. */
  next: count.nullable(),
})
/** One step through a journal, in the direction asked for. */
export interface EventPage extends z.infer<typeof eventPageObject> {}
export const eventPage: SchemaOf<EventPage> = eventPageObject

const eventSummaryObject = z.object({
  total: count,
  types: z.partialRecord(z.enum(eventTypes), count),
  /** Seqs of the first and last that match; absent when none does. */
  first: count.exactOptional(),
  last: count.exactOptional(),
  /** Entries up to this seq are gone: retention removed them. */
  floor: count,
})
/** How many entries match, exactly, and what range they span. */
export interface EventSummary extends z.infer<typeof eventSummaryObject> {}
export const eventSummary: SchemaOf<EventSummary> = eventSummaryObject
