export { type ActivityBatch, ActivityFeed, type ActivityListPage } from './follow/activity-feed.ts'
export { Broker, type BrokerOptions, type Subscription } from './follow/broker.ts'
export type { FlushOptions } from './write/flush-options.ts'
export type { Forked, ForkOptions } from './history/fork.ts'
export type { History } from './history/history.ts'
export type { Journal } from './journal/journal.ts'
export type {
  ForkedUpdate,
  HistoryTruncatedUpdate,
  MessageUpdate,
  StoreUpdate,
} from './follow/store-update.ts'
export { type FinishOptions, MessageWriter, type WriterTarget } from './write/message-writer.ts'
export { databaseUnavailable } from './database-unavailable.ts'
export { type OnError, resolveOnError } from './on-error.ts'
export type { StoreMeter } from './upkeep/metrics.ts'
export type { Probe } from './history/probe.ts'
export type { Reconciled, ReconcileOptions } from './reconcile/reconciled.ts'
export type { ForeignRow } from './reconcile/foreign-row.ts'
export type { Sessions } from './sessions.ts'
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
} from './storage.ts'
export type { RetentionOptions } from './upkeep/upkeep.ts'
export type { SessionUsage } from './usage-ledger.ts'
