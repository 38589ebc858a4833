import type { Message } from '@caughtup/schema'

import { isLookedAt, leaseOf } from '../../../core/sessions/lease.ts'
import type { ActiveRun } from '../../../port/sessions.ts'
import type { CommitContext } from '../log/commit.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { Row } from '../file/database.ts'

/** See `Storage.activeRuns`. Must be called in a read transaction. */
export function activeRuns(
  { db, cache, process: ownProcess }: CommitContext,
  others: readonly string[] | undefined,
): ActiveRun[] {
  const rows = db.all(
    `SELECT sessions.id, sessions.process, processes.beats FROM sessions
     LEFT JOIN processes ON processes.id = sessions.process WHERE sessions.active = 1`,
  )
  const active = rows.map((row): ActiveRun => {
    const cached = cache.get(String(row['id']))
    return {
      sessionId: cached.id,
      head: cached.record,
      open: openMessages(cached),
      ...leaseOf(cached.record, lease(row, ownProcess)),
    }
  })
  return others ? active.filter((run) => isLookedAt(run, others)) : active
}

/** Which process leads the run; `undefined` for a run that was imported with its session. */
function lease({ process, beats }: Row, ownProcess: string): ActiveRun['lease'] {
  if (typeof process !== 'string') return undefined
  return {
    process,
    own: process === ownProcess,
    beats: Number(beats ?? 0),
  }
}

/** Messages that are not finished. */
export function openMessages({ overlay }: Pick<CachedSession, 'overlay'>): Message[] {
  return [...overlay.values()].filter(({ status }) => status === 'open')
}
