import * as z from 'zod'

import { count } from '../base/id.ts'
import type { SchemaOf } from '../base/schema-of.ts'

const ms = z.number().nonnegative()

const storeStatsObject = z.object({
  /** Transactions that wrote events. */
  commits: count,
  events: count,
  /** Bytes of event JSON written. */
  eventBytes: count,
  /** Calls of writers that were merged into those events. */
  deltas: count,
  /** Duration of the newest commit, and how long its oldest change had waited for it, in ms. */
  commitDuration: ms,
  flushWait: ms,
  /** Current length of the flush window, in ms; above `flush.windowMs` while the store is busy. */
  flushWindow: ms,
  /** Bytes that are accepted but not committed. */
  unflushedBytes: count,
  openMessages: count,
  /** Failed attempts to commit, all of which are retried. */
  retries: count,
  /** The newest failure of which no caller was told; absent once the work has succeeded. */
  lastError: z.string().exactOptional(),
  /** Updates that slow subscribers of `store.updates` did not get. */
  updateDrops: count,
  updateMustDeliverDrops: count,
  /**
   * Followers of sessions, and how many events the slowest of them has yet to read. The streams of a
   * server that keep up with a session are one follower together.
   */
  followers: count,
  followerLag: count,
  /** Journal entries that are not packed yet. */
  unpackedEvents: count,
  /** Journal entries that could not be decoded when read. */
  unreadable: count,
  /** Failed steps of maintenance, all of which are retried. */
  upkeepFailures: count,
  /** Size of the database's files, in bytes. */
  databaseBytes: count,
})
/** Counters since the store was opened, and current gauges. */
export interface StoreStats extends z.infer<typeof storeStatsObject> {}
export const storeStats: SchemaOf<StoreStats> = storeStatsObject

const serverStatsObject = z.object({
  store: storeStats,
  /** Time since the server was created, in ms. */
  uptime: count,
  chatStreams: count,
  activityStreams: count,
  /** Runs that this process executes. */
  runs: count,
  /** Agent stream parts of types that are not stored. */
  ignoredParts: count,
})
export interface ServerStats extends z.infer<typeof serverStatsObject> {}
export const serverStats: SchemaOf<ServerStats> = serverStatsObject
