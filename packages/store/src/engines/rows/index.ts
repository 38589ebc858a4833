export type { Bus } from '../../port/bus.ts'
export { RowStorage, type RowStorageOptions } from './row-storage.ts'
export type {
  AppendedRow,
  ErasureJob,
  EventRow,
  ForkJob,
  MemberRow,
  MessageChange,
  OwedRow,
  RememberedKind,
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
  RemovedSession,
  SessionAsk,
  SessionImage,
  SessionReading,
  TableReads,
  Tables,
  Transaction,
  Wanted,
} from './tables/tables.ts'
