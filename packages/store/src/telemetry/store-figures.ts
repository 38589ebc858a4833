import type { StoreStats } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { Coalescer } from '../commit/coalescer.ts'
import type { Followers } from '../follow/followers.ts'
import type { RemoteWatch } from '../follow/remote-watch.ts'
import type { StoreUpdates } from '../follow/store-updates.ts'
import { Metrics } from './metrics.ts'
import type { StoreMeter } from '../options/store-meter.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { Storage } from '../port/storage.ts'
import type { Maintenance } from '../maintenance/maintenance.ts'

/** The parts of a store that count something. */
export interface FigureSources {
  storage: Pick<Storage, 'stats'>
  coalescer: Pick<Coalescer, 'counts' | 'unflushedBytes' | 'window' | 'lastError'>
  followers: Pick<Followers, 'count' | 'lag'>
  updates: StoreUpdates
  watch: Pick<RemoteWatch, 'lastError'>
  maintenance: Pick<Maintenance, 'failures' | 'lastError'>
}

/** Measures commits, and collects the counts of the store's parts. */
export class StoreFigures {
  readonly #clock: Clock
  readonly #sources: FigureSources
  readonly #metrics: Metrics | undefined
  #commitDuration = 0
  #flushWait = 0

  constructor(clock: Clock, sources: FigureSources, meter: StoreMeter | undefined) {
    this.#clock = clock
    this.#sources = sources
    this.#metrics = meter && new Metrics(meter, () => this.stats())
  }

  stats(): StoreStats {
    const { storage, coalescer, followers, updates, watch, maintenance } = this.#sources
    const { unpackedEvents, unreadable, fileBytes } = storage.stats()
    const lastError = coalescer.lastError ?? maintenance.lastError ?? watch.lastError
    return {
      ...coalescer.counts,
      commitDuration: this.#commitDuration,
      flushWait: this.#flushWait,
      flushWindow: coalescer.window,
      unflushedBytes: coalescer.unflushedBytes,
      openMessages: updates.openCount,
      ...(lastError !== undefined && { lastError }),
      updateDrops: updates.broker.dropCount,
      updateMustDeliverDrops: updates.broker.mustDeliverDropCount,
      followers: followers.count,
      followerLag: followers.lag,
      unpackedEvents,
      unreadable,
      upkeepFailures: maintenance.failures,
      databaseBytes: fileBytes,
    }
  }

  /** Measures a successful commit. */
  async measure(
    slices: readonly Slice[],
    commit: (slices: readonly Slice[]) => Promise<SliceResult[]>,
  ): Promise<SliceResult[]> {
    const startedAt = this.#clock.monotonic()
    const results = await commit(slices)
    this.#commitDuration = this.#clock.monotonic() - startedAt
    // The first slice has waited longest, by the wall clock, which may have been set since.
    const now = this.#clock.now()
    this.#flushWait = Math.max(0, now - (slices[0]?.at ?? now))
    if (this.#metrics) {
      let events = 0
      for (const result of results) if (result.refused === undefined) events += result.events.length
      this.#metrics.committed({ duration: this.#commitDuration, events, wait: this.#flushWait })
    }
    return results
  }

  /** Removes the figures from the meter. */
  stop(): void {
    this.#metrics?.stop()
  }
}
