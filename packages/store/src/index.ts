export { type ActivityBatch, ActivityFeed } from './activity-feed.ts'
export { Broker, type BrokerOptions } from './broker.ts'
export type { FlushOptions } from './coalescer.ts'
export type { Forked, ForkOptions } from './fork.ts'
export type { History } from './history.ts'
export type { Journal } from './journal.ts'
export type { MessageUpdate } from './message-updates.ts'
export { type FinishOptions, MessageWriter, type WriterTarget } from './message-writer.ts'
export type { StoreMeter } from './metrics.ts'
export type { Probe } from './probe.ts'
export type { Reconciled } from './reconcile-session.ts'
export type { ForeignRow } from './reconcile/foreign-row.ts'
export type { Sessions } from './sessions.ts'
export type { StoreOptions } from './store-options.ts'
export { createStore, type Store } from './store.ts'
export {
  type ActivityChanges,
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
export type { RetentionOptions } from './upkeep.ts'
export type { SessionUsage } from './usage-ledger.ts'
