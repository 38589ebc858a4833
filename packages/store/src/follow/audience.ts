import type { Clock } from '@caughtup/schema/clock'

import { ActivityAudience } from './activity-audience.ts'
import { MemberWatch } from './member-watch.ts'
import { Followers } from './followers.ts'
import { RemoteWatch } from './remote-watch.ts'
import { readBatch } from '../core/reading/read-events.ts'
import type { OnError } from '../base/on-error.ts'
import type { UpdatesOptions } from '../options/store-options.ts'
import { StoreUpdates } from './store-updates.ts'
import type { RemoteChanges } from '../port/bus.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { Storage } from '../port/storage.ts'

export interface AudienceOptions {
  storage: Storage
  clock: Clock
  /** Bytes of events that a follower's batch aims at. */
  batchBytes: number
  updates: UpdatesOptions
  /** Called after another process wrote. */
  remote: () => void
  onError: OnError
  /** Aborted when the store closes. */
  ended: AbortSignal
}

/** Notifies everybody who follows, lists or reads of changes. */
export class Audience {
  readonly followers: Followers
  readonly activity: ActivityAudience
  readonly updates: StoreUpdates
  readonly watch: RemoteWatch
  readonly members: MemberWatch

  constructor(options: AudienceOptions) {
    const { storage, clock, batchBytes, updates, remote, onError, ended } = options
    const changed = (changes: RemoteChanges) => {
      this.changedElsewhere(changes)
      remote()
    }
    const failed = (error: unknown) => onError(error, 'watching what other processes write')
    this.watch = new RemoteWatch(storage.changes, clock, changed, failed)
    this.followers = new Followers({
      read: (sessionId, after, tag) =>
        readBatch(storage, sessionId, after, { bytes: batchBytes, tag }),
      watch: this.watch.watch,
      ended,
    })
    this.members = new MemberWatch(this.watch.watch, onError)
    this.activity = new ActivityAudience(storage, clock)
    this.updates = new StoreUpdates({
      ...updates,
      clock,
      timedOut: (error) => onError(error, 'delivering store.updates'),
    })
  }

  created(sessionId: string, members: readonly string[]): void {
    this.activity.created(sessionId, members)
  }

  /**
   * Must be called in the order of commits. If it returns a promise, the commit's caller must await
   * that too.
   */
  committed(
    slice: Slice,
    result: Extract<SliceResult, { events: unknown }>,
    structural: boolean,
  ): Promise<void> | undefined {
    const { sessionId } = slice
    this.followers.committed(sessionId, result)
    if (result.activity) this.activity.changed(sessionId)
    return this.updates.committed(slice, result, structural)
  }

  /** Call this when a fork is complete; its caller must await the result. */
  forked(sessionId: string, from: string, members: readonly string[]): Promise<void> {
    this.created(sessionId, members)
    return this.updates.forked(sessionId, from)
  }

  /** Call this when a session was deleted; the deletion's caller must await the result. */
  async deleted(sessionId: string, members: readonly string[]): Promise<void> {
    this.followers.changed(sessionId)
    this.activity.removed(sessionId, members)
    await Promise.all([this.updates.deleted(sessionId), this.members.changed(new Set([sessionId]))])
  }

  /** Call this when a member was added or removed; the change's caller must await the result. */
  membersChanged(sessionId: string, principal: string): Promise<void> {
    this.activity.membersChanged(sessionId, principal)
    return this.members.changed(new Set([sessionId]))
  }

  changedElsewhere(changes: RemoteChanges): void {
    const { sessions, members } = changes
    if (sessions !== 'all') {
      // Another process may have ended this one's runs.
      for (const sessionId of sessions) this.updates.forget(sessionId)
    }
    this.followers.changedElsewhere(changes)
    this.activity.changedElsewhere(changes)
    if (members === 'all' || members.size > 0) void this.members.changed(members)
  }
}
