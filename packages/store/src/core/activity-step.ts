import type { ActivityRow } from '@caughtup/schema'

import type { ActivityChanges, Removal } from '../port/activity.ts'

/** The first `limit` of rows and removals by their revision, of which each list has the first ones. */
export function activityStep(
  { rows, removed, position }: { rows: ActivityRow[]; removed: Removal[]; position: number },
  limit: number,
): ActivityChanges {
  const revisions = [...rows, ...removed].map(({ revision }) => revision).sort((a, b) => a - b)
  const last = revisions[limit - 1]
  if (last === undefined || revisions.length === limit) {
    return { rows, removed, position, more: false, known: true }
  }
  const isIn = ({ revision }: { revision: number }) => revision <= last
  const step = { rows: rows.filter(isIn), removed: removed.filter(isIn), position: last }
  return { ...step, more: true, known: true }
}

/** The answer to a position that the feed cannot go on from. */
export function unknownPosition(position: number): ActivityChanges {
  return { rows: [], removed: [], position, more: false, known: false }
}
