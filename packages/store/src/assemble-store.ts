import { ActivityFeed } from './follow/activity-feed.ts'
import { Audience } from './follow/audience.ts'
import { Coalescer } from './commit/coalescer.ts'
import { MessageUpdater } from './compose/whole-state/message-updater.ts'
import { forgetPrincipal } from './api/forget.ts'
import { History } from './api/history.ts'
import { HookLedger } from './commit/hook-ledger.ts'
import { Journal } from './api/journal.ts'
import { CurrentStates } from './api/current-states.ts'
import { Reads } from './api/reads.ts'
import { Sessions } from './api/sessions.ts'
import { Writes } from './api/writes.ts'
import type { Waiting } from './base/waiting.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import type { ResolvedStoreOptions } from './options/resolve-store-options.ts'
import type { Storage } from './port/storage.ts'
import { StoreFigures } from './telemetry/store-figures.ts'

/**
 * Makes the parts of a store on an open database and wires them.
 *
 * Writing leads down: api → coalescer → storage. What a commit did leads back up, in the order of
 * commits: coalescer → maintenance and audience. These two callbacks are called only once a commit
 * was made, so they may name parts that are made after the coalescer.
 */
export function assembleStore(storage: Storage, options: ResolvedStoreOptions) {
  const { clock, limits, flush, retention, meter, onError } = options
  const closing = new AbortController()
  const ended = closing.signal
  /** Whether maintenance may finish something that no follower was told of. */
  let hasUnfinished = true
  const maintenance = new Maintenance(clock, {
    maintain: () => storage.maintain({ retention }),
    finished: () => void completed().catch((error) => onError(error, 'telling of forks')),
  })
  const audience = new Audience({
    storage,
    clock,
    batchBytes: limits.windowBytes,
    updates: options.updates,
    remote: () => maintenance.touched('deltas'),
    onError,
    ended,
  })
  const { activity: lists, updates, followers, watch } = audience
  const hooks = new HookLedger(storage.owed)
  const coalescer: Coalescer = new Coalescer({
    ...flush,
    clock,
    commit: (slices) =>
      figures.measure(slices, (each) => storage.commit(each, { owes: hooks.owes })),
    entered: (slice, source) => updater.entered(slice, source),
    committed: (result, slice, structural) => {
      maintenance.touched(structural ? 'structural' : 'deltas')
      hooks.committed(result)
      return audience.committed(slice, result, structural)
    },
    outage: (error) => onError(error, 'writing to the database'),
  })
  const states = new CurrentStates(storage, clock)
  const reads = new Reads({ storage, limits, coalescer, states })
  const updater = new MessageUpdater({ coalescer, limits, read: reads.wholeMessage })
  const writes = new Writes({ storage, clock, limits, coalescer, updater, reads })
  const figures = new StoreFigures(
    clock,
    { storage, coalescer, followers, updates, watch, maintenance },
    meter,
  )
  const sessions = new Sessions(storage, limits, clock, {
    created: (sessionId, members) => audience.created(sessionId, members),
    renamed: (sessionId) => lists.changed(sessionId),
    membersChanged: (sessionId, principal) => audience.membersChanged(sessionId, principal),
    deleted: (sessionId, members) => {
      coalescer.drop(sessionId)
      updater.forgetSession(sessionId)
      maintenance.touched('structural')
      return audience.deleted(sessionId, members)
    },
  })
  const history = new History({
    storage,
    limits,
    clock,
    append: writes.append,
    settled: reads.settled,
    flushed: reads.flushed,
    on: {
      rewritten: (sessionId) => followers.changed(sessionId),
      forked: (id, from, members) => audience.forked(id, from, members),
      unfinished: () => {
        hasUnfinished = true
        maintenance.touched('structural')
      },
    },
  })
  /** Tells followers of forks and erasures that maintenance finished. */
  async function completed(): Promise<void> {
    if (!hasUnfinished) return
    hasUnfinished = false
    audience.changedElsewhere({ sessions: 'all', members: new Set() })
    await history.completed()
  }
  // An earlier process may have left work.
  maintenance.touched('structural')
  return {
    sessions,
    history,
    hooks,
    journal: new Journal(storage, limits, reads.settled, states),
    activity: new ActivityFeed({ storage, limits, clock, audience: lists, watch, ended }),
    updates: updates.broker,
    followers,
    members: audience.members,
    forget: (principal: string, waiting?: Waiting) =>
      forgetPrincipal(
        { storage, sessions, clock, forgot: (each) => lists.changedFor(each) },
        principal,
        waiting,
      ),
    reads,
    writes,
    figures,
    /** Ends the parts in the order in which they depend on each other, the database last. */
    async close(signal: AbortSignal | undefined): Promise<void> {
      const lost = await coalescer.close(signal)
      closing.abort()
      updates.broker.close()
      figures.stop()
      states.drop()
      await watch.close()
      // A database that accepts no writes cannot be maintained either.
      await maintenance.close(lost ? AbortSignal.abort(lost) : signal)
      await storage.close()
      if (lost) throw lost
    },
  }
}
