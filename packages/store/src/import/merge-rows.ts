import type { ImportIdentity } from '@caughtup/schema'

import type { IdentifiedRow } from './identify.ts'

/** What a session knows of the rows that come. */
export interface Known {
  /** Ids of its messages, also of those that were removed, as far as rows become such messages. */
  ids: ReadonlySet<string>
  /** How often each identity has been imported, whatever became of the messages since. */
  counts: ReadonlyMap<string, number>
}

export interface Merge {
  /** Rows to put at the end, in their own order. */
  added: IdentifiedRow[]
  /** What to remember of the added rows: how often each identity came, and what each said. */
  identities: ImportIdentity[]
  /** What was left, by its place among the rows. */
  skipped: { index: number; why: SkipReason }[]
}

/**
 * - `known`: it is in the session, or was imported before
 * - `changed`: the same, but it said something else when it was imported
 * - `incomplete`: it may still grow, or the next row is the same message further on
 */
type SkipReason = 'known' | 'changed' | 'incomplete'

/**
 * The rows of a foreign transcript that a session does not have yet. Nothing that is there changes,
 * and the same transcript again, or a shorter beginning of it, adds nothing.
 *
 * A row with an id is one message, however often it comes. Rows without ids that are equal count by
 * multiplicity: of three where two were imported before, the last is added. That settles rows of
 * one second in a transcript whose times are no finer.
 *
 * A row whose message would have an id that is taken is known by that: a session that was brought
 * back from an export has the messages of its rows, and does not remember the rows.
 */
export function mergeRows(known: Known, rows: readonly IdentifiedRow[]): Merge {
  const added: IdentifiedRow[] = []
  const skipped: Merge['skipped'] = []
  const counts = new Map<string, number>()
  const come = new Map<string, number>()
  const taken = new Set(known.ids)
  /** A message that was never imported is known by its id alone, whatever it says. */
  const isChanged = ({ identity, said }: IdentifiedRow) =>
    [known.counts, counts].some((each) => each.has(identity)) &&
    ![known.counts, counts].some((each) => each.has(said))
  for (const [index, current] of rows.entries()) {
    const { identity, said, messageId } = current
    const nth = (come.get(identity) ?? 0) + 1
    const why = reasonToSkip({ ids: taken, counts: known.counts }, rows, index, nth)
    if (why !== 'incomplete') come.set(identity, nth)
    if (why === undefined) {
      added.push(current)
      taken.add(messageId)
      counts.set(identity, nth).set(said, 1)
    } else skipped.push({ index, why: why === 'known' && isChanged(current) ? 'changed' : why })
  }
  return {
    added,
    identities: Array.from(counts, ([identity, count]) => ({ identity, count })),
    skipped,
  }
}

function reasonToSkip(
  { ids, counts }: Known,
  rows: readonly IdentifiedRow[],
  index: number,
  nth: number,
): SkipReason | undefined {
  const [current, next] = rows.slice(index, index + 2)
  if (!current) return undefined
  const { row, identity, messageId } = current
  if (nth <= (counts.get(identity) ?? 0)) return 'known'
  if (ids.has(messageId) || (row.id !== undefined && nth > 1)) return 'known'
  const ended = next !== undefined && (row.id === undefined || next.row.id !== row.id)
  return row.complete === false && !ended ? 'incomplete' : undefined
}
