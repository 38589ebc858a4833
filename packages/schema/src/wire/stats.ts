import * as z from 'zod'

import { count } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const ms = z.number().nonnegative()

const storeStatsObject = z.object({
  /** Transactions that wrote events; `events` and `eventBytes` over it is what one wrote on average. */
  commits: count,
  events: count,
  /** Bytes of event JSON written. */
  eventBytes: count,
  /** Writer calls that were merged into those events. */
  deltas: count,
  /** How long the newest commit took, and how long the oldest change in it had waited for it, in ms. */
  commitDuration: ms,
  flushWait: ms,
  /** Length of the flush window now, in ms; above the configured one while the store is busy. */
  flushWindow: ms,
  /** Bytes accepted and not yet committed. */
  unflushedBytes: count,
  openMessages: count,
  /** Failed attempts to commit; each was or is being tried again. */
  retries: count,
  /** Of the newest attempt of anything, when it failed and nobody else was told. */
  lastError: z.string().exactOptional(),
  /** `store.updates`: what its slow readers did not get. */
  updateDrops: count,
  updateMustDeliverDrops: count,
  /** Followers of sessions, and how many events the one furthest behind has not taken yet. */
  followers: count,
  followerLag: count,
  /** Journal entries that are not in their final place yet. */
  unpackedEvents: count,
  /** Journal entries that could not be decoded when they were read. */
  unreadable: count,
  /** Steps of upkeep that failed; each was or is being tried again. */
  upkeepFailures: count,
  /** Bytes of the database's files. */
  databaseBytes: count,
})
/** Counters since the start of the process, and gauges of this moment. */
export interface StoreStats extends z.infer<typeof storeStatsObject> {}
export const storeStats: SchemaOf<StoreStats> = storeStatsObject

const serverStatsObject = z.object({
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
export interface ServerStats extends z.infer<typeof serverStatsObject> {}
export const serverStats: SchemaOf<ServerStats> = serverStatsObject
