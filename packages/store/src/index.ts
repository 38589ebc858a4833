export { type ActivityBatch, ActivityFeed, type ActivityListPage } from './follow/activity-feed.ts'
export { Broker, type BrokerOptions, type Subscription } from './follow/broker.ts'
export type { Forgotten } from './api/forget.ts'
export type { Forked, ForkOptions } from './api/fork.ts'
export type { History } from './api/history.ts'
export {
  type CopiedSessions,
  type CopyOptions,
  type CopyProgress,
  copySessions,
} from './copy/copy-sessions.ts'
export type { HookLedger } from './commit/hook-ledger.ts'
export type { Journal } from './api/journal.ts'
export type {
  ForkedUpdate,
  HistoryRestoredUpdate,
  HistoryTruncatedUpdate,
  MessageUpdate,
  StoreUpdate,
} from './follow/store-update.ts'
export type { MembersListener } from './follow/member-watch.ts'
export { type FinishOptions, MessageWriter, type WriterTarget } from './compose/message-writer.ts'
export { databaseUnavailable } from './errors/database-unavailable.ts'
export { refusalError, type RefusedCommit } from './errors/refusal-error.ts'
export { type OnError, resolveOnError } from './base/on-error.ts'
export type { StoreMeter } from './options/store-meter.ts'
export type { Probe } from './api/probe.ts'
export type { Reconciled, ReconcileOptions } from './import/reconciled.ts'
export type { ImportedRow } from './import/imported-row.ts'
export type { Sessions } from './api/sessions.ts'
export {
  type FlushOptions,
  type RetentionOptions,
  storeDefaults,
  type StoreOptions,
  type UpdatesOptions,
} from './options/store-options.ts'
export { createStore, type Store } from './store.ts'
export type { ActivityQuery, ActivityStep } from './port/activity.ts'
export type {
  Bus,
  BusFactory,
  ChangeFeed,
  CommittedBatch,
  Notes,
  RemoteChanges,
} from './port/bus.ts'
export type { CallCounts, CountedCall } from './port/calls.ts'
export type { CommitOptions, Guard, Refusal, Slice, SliceResult } from './port/commit.ts'
export type { OwedCall, OwedCalls, OwedHook } from './port/owed.ts'
export type { EventBatch, ReadBatch, Window } from './port/reading.ts'
export type { Processes } from './port/processes.ts'
export type { ActiveRun, IdleQuery, IdleSession } from './port/sessions.ts'
export { StorageError, type StorageFailure } from './port/storage-error.ts'
export type { Storage, StorageFactory } from './port/storage.ts'
export type { SessionUsage } from './api/usage-ledger.ts'
