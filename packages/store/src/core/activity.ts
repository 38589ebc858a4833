import type { ActivityRow, Event, Message } from '@caughtup/schema'

import type { ActivityStep, Removal } from '../port/activity.ts'
import type { ActiveRun, ListPlace } from '../port/sessions.ts'
import type { SessionRecord } from './evolve.ts'

/** A session's row in a principal's list. */
export function activityRow(
  session: { id: string; title: string; revision: number },
  record: SessionRecord,
  unread: number,
): ActivityRow {
  const { id, title, revision } = session
  const { recency, generation, epoch, messageCount, lastMessageAt, contextUsage } = record
  const { lastModel, lastThinkingLevel, lastError } = record
  return {
    sessionId: id,
    title,
    revision,
    recency,
    generation,
    epoch,
    messageCount,
    streaming: record.run?.status === 'streaming',
    headSeq: record.seq,
    unread,
    ...(lastModel !== undefined && { lastModel }),
    ...(lastThinkingLevel !== undefined && { lastThinkingLevel }),
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(contextUsage && { contextUsage }),
    ...(lastError && { lastError }),
  }
}

/** Whether a message that is shown counts as unread by a member whose mark is at this order. */
export function countsAsUnread(
  { order, role, status }: Pick<Message, 'order' | 'role' | 'status'>,
  readUpTo: number,
): boolean {
  return order > readUpTo && role === 'assistant' && status === 'done'
}

/** Sorts session lists. The id decides between equals, so that a page's end is one place. */
export function byRecency(a: ListPlace, b: ListPlace): number {
  if (a.recency !== b.recency) return b.recency - a.recency
  if (a.id === b.id) return 0
  return a.id < b.id ? 1 : -1
}

/** The lease of a session's run; a run that waits, as for a tool, has none. */
export function leaseOf(
  { run }: Pick<SessionRecord, 'run'>,
  lease: NonNullable<ActiveRun['lease']> | undefined,
): Pick<ActiveRun, 'lease'> {
  return lease && run?.status === 'streaming' ? { lease } : {}
}

/**
 * Who leads the session's active run after these events, the newest of its journal: `ours` for who
 * wrote them, `nobody` while the run waits; `undefined` where they leave it as it was.
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

/**
 * The answer to a reading by change: the first `limit` of rows and removals by their revision. Each
 * of the two lists has its first ones, by revision.
 */
export function changesUpTo(
  { rows, removed, position }: { rows: ActivityRow[]; removed: Removal[]; position: number },
  limit: number,
): ActivityStep {
  const revisions = [...rows, ...removed].map(({ revision }) => revision).sort((a, b) => a - b)
  const last = revisions[limit - 1]
  if (last === undefined || revisions.length === limit) {
    return { rows, removed, position, known: true }
  }
  const isIn = ({ revision }: { revision: number }) => revision <= last
  return {
    rows: rows.filter(isIn),
    removed: removed.filter(isIn),
    position: last,
    next: last,
    known: true,
  }
}

/** The answer to a position that the feed cannot continue from. */
export function unknownPosition(position: number): ActivityStep {
  return { rows: [], removed: [], position, known: false }
}
