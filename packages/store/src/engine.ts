export { countTypes, entriesOf, matches, mayMatch, type TypeCounts } from './journal/entries.ts'
export { takeSegments } from './core/reading/take-segments.ts'
export { redact, redactSegments } from './journal/redact.ts'
export {
  appendEvent,
  type Appends,
  cut,
  indexAfter,
  leastBytes,
  type Segment,
  segmentsAfter,
  segmentWithin,
  type Single,
  sizeOf,
} from './journal/segment.ts'
export { cursorVerdict } from './core/reading/cursor-verdict.ts'
export {
  countsOf,
  lastOrderOf,
  type Sides,
  type SizedMessage,
  stretchOf,
} from './core/reading/stretch.ts'
export { type ForkedMessages, forkedRecord } from './core/sessions/forked-record.ts'
export { activityRow, countsAsUnread } from './core/reading/activity.ts'
export { byRecency, changesUpTo, unknownPosition } from './core/reading/feed-order.ts'
export { leaseAfter, leaseOf } from './core/sessions/lease.ts'
export { newJournal, openingNames, randomTag } from './base/random-tag.ts'
export { countKept, type RetentionBounds, retentionFloor, trimFloor } from './journal/retention.ts'
export { excerptAround, searchText } from './core/reading/search-text.ts'
export { phrases, words } from './core/reading/search-words.ts'
export { applyToRecord, changedAt, newRecord, type SessionRecord } from './core/evolve.ts'
export { decide, type Decision } from './core/decide.ts'
export { owedBy } from './core/owed.ts'
export {
  type AsyncLookups,
  type IdStatus,
  type Lookup,
  type LookingUp,
  type Lookups,
  runAsync,
  runSync,
} from './core/lookups.ts'
export type { RowChange, SessionState } from './core/types.ts'
