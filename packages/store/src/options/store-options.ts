import type { Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { OnError } from '../base/on-error.ts'
import type { BusFactory } from '../port/bus.ts'
import type { StorageFactory } from '../port/storage.ts'
import type { StoreMeter } from './store-meter.ts'

export interface StoreOptions {
  /** The database, for instance `sqlite({ path: 'chat.db' })`. */
  storage: StorageFactory
  /**
   * How processes that use one database hear of each other's changes soon, for instance
   * `redis({ url })`. @default the storage's own: PostgreSQL's NOTIFY, a look at SQLite's file
   */
  bus?: BusFactory
  /** How writes gather into commits. */
  flush?: FlushOptions
  /** What callers may do at most; see `defaultLimits` of `@caughtup/schema`. */
  limits?: Partial<Limits>
  /** How much of the journals is kept; `false` keeps everything. @default 30 days, 50,000 events */
  retention?: RetentionOptions | false
  /** Shows the store's figures, for instance `metrics.getMeter('chat')` of OpenTelemetry. */
  meter?: StoreMeter
  /** The feed of message states for code in this process. */
  updates?: UpdatesOptions
  /**
   * Takes failures that no caller is told of: a database that accepts no writes (once per outage),
   * subscribers of `updates` that miss a must-deliver update (once each). @default `console.error`
   */
  onError?: OnError
  /** @default the machine's clock */
  clock?: Clock
  /** Numbers in [0, 1) for commit tags and journal ids. @default Math.random */
  random?: () => number
}

export interface FlushOptions {
  /**
   * How long deltas are buffered before they are committed, in ms; one window for the whole store.
   * Under load it stretches, to 1 s at most, so that flushing takes a quarter of the time. 0 or
   * less commits each delta before its call returns. @default 33
   */
  windowMs?: number
  /** Commit the first delta of each message at once, for the shortest time to first text. @default false */
  firstDelta?: boolean
  /** Bytes that may wait to be committed before calls wait instead. @default 8 MiB */
  maxUnflushedBytes?: number
  /**
   * How long a call waits for a database that accepts no writes (it is full, locked, fails or was
   * moved away), in ms. Then a read answers from what is committed, and a write is withdrawn and
   * refused with `UNAVAILABLE`. Messages being written are never refused: their writers are held
   * back until the database accepts them. @default 3000
   */
  maxWaitMs?: number
}

/** How much of a journal is kept; messages are always kept. */
export interface RetentionOptions {
  /** Days that an entry is kept. @default 30 */
  days?: number
  /**
   * Newest entries of one session that are kept. Text that streams counts with its message, whatever
   * the number of windows it took.
   *
   * @default 50,000
   */
  events?: number
}

export interface UpdatesOptions {
  /** Entries that one subscriber may leave unread. @default 64 */
  capacity?: number
  /** How long `publishMustDeliver` waits for room, in ms, for all subscribers together. @default 50 */
  mustDeliverTimeout?: number
}

export const storeDefaults = {
  flush: {
    windowMs: 33,
    firstDelta: false,
    maxUnflushedBytes: 8 * 1024 * 1024,
    maxWaitMs: 3_000,
  },
  retention: { days: 30, events: 50_000 },
  updates: { capacity: 64, mustDeliverTimeout: 50 },
} satisfies Pick<Required<StoreOptions>, 'flush' | 'retention' | 'updates'>
