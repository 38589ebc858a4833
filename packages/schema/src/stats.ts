import * as z from 'zod'

import { count } from './id.ts'

/** Counters since the start of the process, and gauges of this moment. */
export const storeStats = z.object({
  /** Transactions that wrote events. */
  commits: count,
  events: count,
  /** Bytes of event JSON written. */
  eventBytes: count,
  /** Writer calls that were merged into those events. */
  deltas: count,
  /** Length of the flush window now, in ms; above the configured one while the store is busy. */
  flushWindow: z.number().nonnegative(),
  /** Bytes accepted and not yet committed. */
  unflushedBytes: count,
  openMessages: count,
  /** Failed attempts to commit; each was or is being tried again. */
  retries: count,
  lastError: z.string().exactOptional(),
  /** `store.updates`: what its slow readers did not get. */
  updateDrops: count,
  updateMustDeliverDrops: count,
})
export type StoreStats = z.infer<typeof storeStats>

export const serverStats = z.object({
  store: storeStats,
  /** ms since the server was created. */
  uptime: count,
  chatStreams: count,
  activityStreams: count,
  /** Runs that this process is executing. */
  runs: count,
  /** Agent stream parts of types that are not stored. */
  ignoredParts: count,
})
export type ServerStats = z.infer<typeof serverStats>
