import * as z from 'zod'

import { event } from './event.ts'
import { count, timestamp } from './id.ts'

const eventTypes = event.options.map((option) => option.shape.type.value)

/** Which entries of a journal: all conditions that are given must hold. */
export const eventFilter = z.strictObject({
  types: z.array(z.enum(eventTypes)).exactOptional(),
  epoch: count.exactOptional(),
  /** Seqs strictly between. */
  after: count.exactOptional(),
  before: count.exactOptional(),
  /** Times: from `since` on, and before `until`. */
  since: timestamp.exactOptional(),
  until: timestamp.exactOptional(),
})
export type EventFilter = z.infer<typeof eventFilter>

/** One step through a journal, in the direction asked for. */
export const eventPage = z.object({
  events: z.array(event),
  /** The seq to go on from, as `after` or `before`; null exactly when nothing more matches. */
  next: count.nullable(),
})
export type EventPage = z.infer<typeof eventPage>

/** How many entries match, exactly, and what range they span. */
export const eventSummary = z.object({
  total: count,
  types: z.partialRecord(z.enum(eventTypes), count),
  /** Seqs of the first and last that match; absent when none does. */
  first: count.exactOptional(),
  last: count.exactOptional(),
  /** Entries up to this seq are gone: retention removed them. */
  floor: count,
})
export type EventSummary = z.infer<typeof eventSummary>
