import type { ActivityRow } from '@caughtup/schema'

import type { ActivityStep, Removal } from '../../port/activity.ts'
import type { ListPlace } from '../../port/sessions.ts'

// A session list is ordered by recency. Its changes are ordered by position, which is the row's
// `revision`: each commit that changes the row gives it the next position of the feed. An engine takes
// positions last in a transaction, so that they become visible in order; see `Storage.activity`.

/**
 * The order of session lists: the newest first. The id decides between equals, so that a page ends
 * at one place. The `ORDER BY` of SQLite's `activity-reads.ts` repeats it.
 */
export function byRecency(a: ListPlace, b: ListPlace): number {
  if (a.recency !== b.recency) return b.recency - a.recency
  if (a.id === b.id) return 0
  return a.id < b.id ? 1 : -1
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
