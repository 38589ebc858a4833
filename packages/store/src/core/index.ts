export { countTypes, entriesOf, matches, type TypeCounts } from '../journal/list-events.ts'
export { readEvents } from '../journal/read-events.ts'
export { redact, redactSegments } from '../journal/redact.ts'
export {
  appendEvent,
  type Appends,
  cut,
  indexAfter,
  type Segment,
  segmentsAfter,
  type Single,
  sizeOf,
} from '../journal/segment.ts'
export { cursorVerdict } from './reading/cursor-verdict.ts'
export { newestStretch, type SizedMessage } from './reading/newest-stretch.ts'
export { type ForkedMessages, forkedRecord } from './forked-record.ts'
export {
  activityRow,
  byRecency,
  changesUpTo,
  countsAsUnread,
  leaseAfter,
  leaseOf,
  unknownPosition,
} from './activity.ts'
export { newJournal, openingNames, randomTag } from '../base/random-tag.ts'
export { countKept, type RetentionBounds, retentionFloor } from '../journal/retention.ts'
export { excerptAround, searchText } from './reading/search-text.ts'
export { phrases, words } from './reading/search-words.ts'
export { applyToRecord, changedAt, newRecord, type SessionRecord } from './evolve.ts'
export { decide, type Decision } from './decide.ts'
export {
  type AsyncLookups,
  type IdStatus,
  type Lookup,
  type LookingUp,
  type Lookups,
  runAsync,
  runSync,
} from './lookups.ts'
export type { RowChange, SessionState } from './types.ts'
