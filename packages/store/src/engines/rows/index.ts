export type { Bus } from '../../port/bus.ts'
export { RowStorage, type RowStorageOptions } from './row-storage.ts'
export { isActive, keeperOf } from './tables/rows.ts'
export type {
  AppendedRow,
  ErasureJob,
  EventRow,
  ForkJob,
  MemberRow,
  MessageChange,
  OwedRow,
  ProcessBeats,
  RememberedKind,
  RemovedSession,
  SessionRow,
  WrittenRow,
  KnownEntry,
  KnownState,
} from './tables/rows.ts'
export type {
  CandidateQuery,
  DueQuery,
  EventRange,
  FeedQuery,
  FeedRows,
  ListedRow,
  MessageRange,
  SessionAsk,
  SessionImage,
  SessionReading,
  TableReads,
  Tables,
  Transaction,
  Wanted,
} from './tables/tables.ts'
