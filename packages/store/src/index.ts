export { type ActivityBatch, ActivityFeed } from './activity-feed.ts'
export { Broker, type BrokerOptions } from './broker.ts'
export type { FlushOptions } from './coalescer.ts'
export { type FinishOptions, MessageWriter, type WriterTarget } from './message-writer.ts'
export type { Sessions } from './sessions.ts'
export { createStore, type MessageUpdate, type Store, type StoreOptions } from './store.ts'
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
