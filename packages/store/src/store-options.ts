import type { Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { BrokerOptions } from './follow/broker.ts'
import type { FlushOptions } from './commit/flush-options.ts'
import type { OnError } from './base/on-error.ts'
import type { StoreMeter } from './telemetry/metrics.ts'
import type { StorageFactory } from './port/storage.ts'
import type { RetentionOptions } from './maintenance/maintenance.ts'

export interface StoreOptions {
  /** The database, for instance `sqlite({ path: 'chat.db' })`. */
  storage: StorageFactory
  /** How writes gather into commits. */
  flush?: FlushOptions
  limits?: Partial<Limits>
  /** How much of the journals is kept; `false` keeps everything. @default 30 days, 50,000 events */
  retention?: RetentionOptions | false
  /** Shows the store's figures, for instance `metrics.getMeter('chat')` of OpenTelemetry. */
  meter?: StoreMeter
  /** The feed of message states for code in this process. */
  updates?: Pick<BrokerOptions, 'capacity' | 'mustDeliverTimeout'>
  /**
   * Takes what no caller is told: a database that takes nothing (once per outage), subscribers of
   * `updates` that miss what must be delivered (once each). @default `console.error`
   */
  onError?: OnError
  /** @default the machine's clock */
  clock?: Clock
  /** Numbers in [0, 1) for commit tags and journal ids. @default Math.random */
  random?: () => number
}

/** Whatever waits can be told to wait no longer. */
export interface Waiting {
  signal?: AbortSignal | undefined
}

export interface AppendWaiting extends Waiting {
  /**
   * How long to wait for a database that takes nothing, in ms, before the change is withdrawn and
   * refused; `Infinity` for what is to be written whenever that is possible.
   * @default flush.maxWaitMs
   */
  maxWaitMs?: number
}
