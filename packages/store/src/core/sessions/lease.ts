import type { Event } from '@caughtup/schema'

import type { ActiveRun } from '../../port/sessions.ts'
import type { SessionRecord } from '../evolve.ts'

/** The lease of a session's run; a run that waits, as for a tool, has none. */
export function leaseOf(
  { run }: Pick<SessionRecord, 'run'>,
  lease: NonNullable<ActiveRun['lease']> | undefined,
): Pick<ActiveRun, 'lease'> {
  return lease && run?.status === 'streaming' ? { lease } : {}
}

/**
 * Whether a look at the runs of this process and of `others` has this one: also where nothing runs, so that the
 * queue may go on, and not where a run waits or belongs to nobody.
 */
export function isLookedAt({ head, lease }: ActiveRun, others: readonly string[]): boolean {
  if (!head.run) return true
  return lease !== undefined && (lease.own || others.includes(lease.process))
}

/**
 * Who holds the lease of the active run after these events, the newest of its journal: `ours` for
 * their writer, `nobody` while the run waits; `undefined` where they leave it as it was.
 */
export function leaseAfter(
  events: readonly Event[],
  { run }: Pick<SessionRecord, 'run'>,
): 'ours' | 'nobody' | undefined {
  const newest = events.findLast(
    (event) =>
      (event.type === 'run-started' && event.run.id === run?.id) ||
      (event.type === 'run-changed' && event.runId === run?.id),
  )
  if (!newest) return undefined
  return newest.type === 'run-changed' && newest.status === 'waiting' ? 'nobody' : 'ours'
}
