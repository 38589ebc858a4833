export { type ActivityBatch, ActivityFeed, type ActivityListPage } from './follow/activity-feed.ts'
export { Broker, type BrokerOptions, type Subscription } from './follow/broker.ts'
export type { FlushOptions } from './commit/flush-options.ts'
export type { Forked, ForkOptions } from './api/fork.ts'
export type { History } from './api/history.ts'
export type { Journal } from './api/journal.ts'
export type {
  ForkedUpdate,
  HistoryTruncatedUpdate,
  MessageUpdate,
  StoreUpdate,
} from './follow/store-update.ts'
export { type FinishOptions, MessageWriter, type WriterTarget } from './compose/message-writer.ts'
export { databaseUnavailable } from './errors/database-unavailable.ts'
export { type OnError, resolveOnError } from './base/on-error.ts'
export type { StoreMeter } from './telemetry/metrics.ts'
export type { Probe } from './api/probe.ts'
export type { Reconciled, ReconcileOptions } from './import/reconciled.ts'
export type { ForeignRow } from './import/imported-row.ts'
export type { Sessions } from './api/sessions.ts'
export type { StoreOptions } from './store-options.ts'
export { createStore, type Store } from './store.ts'
export {
  type ActivityChanges,
  type ActivityPage,
  type ActivityRows,
  type EventBatch,
  type Guard,
  type OpenRun,
  type Refusal,
  type Slice,
  type SliceResult,
  type Storage,
  StorageError,
  type StorageFactory,
  type StorageFailure,
  type Window,
} from './port/storage.ts'
export type { RetentionOptions } from './maintenance/maintenance.ts'
export type { SessionUsage } from './api/usage-ledger.ts'
