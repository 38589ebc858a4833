import type { ImportIdentity } from '@caughtup/schema'

import type { IdentifiedRow } from './identify.ts'

/** What a session remembers about the rows of an import. */
export interface Known {
  /** Those message ids of the rows that the session has or had, including removed messages. */
  ids: ReadonlySet<string>
  /** How often each identity was imported, even if its messages were removed since. */
  counts: ReadonlyMap<string, number>
}

export interface Merge {
  /** Rows to append, in order. */
  added: IdentifiedRow[]
  /** The identities, with their counts, and the content hashes of the added rows, to be remembered. */
  identities: ImportIdentity[]
  /** The other rows, by their index. */
  skipped: { index: number; why: SkipReason }[]
  /** How often each identity of the part occurred until its end; the next part's `seen` with the others. */
  seen: Map<string, number>
}

/** The rows from `start` to before `end`, merged by themselves once all rows before them are. */
export interface RowRange {
  start: number
  end: number
  /** How often identities occurred before `start`. */
  seen: ReadonlyMap<string, number>
}

/**
 * - `known`: the session has it, or it was imported before
 * - `changed`: as `known`, but its content has changed since it was imported
 * - `incomplete`: it may still grow, or the next row is a later state of the same message
 */
type SkipReason = 'known' | 'changed' | 'incomplete'

/**
 * Selects the rows that a session does not have yet. Importing the same transcript, or a prefix of it,
 * again adds nothing.
 *
 * Rows with the same id are one message. Equal rows without ids are counted: of three, of which two
 * were imported before, the last is added, because a transcript may repeat a message within the
 * resolution of its times.
 *
 * A row is also known if its message's id exists: a session that was restored from an export has the
 * messages, but does not remember the rows.
 *
 * @param rows - the whole transcript
 */
export function mergeRows(
  known: Known,
  rows: readonly IdentifiedRow[],
  range: RowRange = { start: 0, end: rows.length, seen: new Map() },
): Merge {
  const added: IdentifiedRow[] = []
  const skipped: Merge['skipped'] = []
  const counts = new Map<string, number>()
  const seen = new Map<string, number>()
  const usedIds = new Set(known.ids)
  /** A message that was not imported has no content hash to compare with. */
  const isChanged = ({ identity, contentHash }: IdentifiedRow) =>
    [known.counts, counts].some((each) => each.has(identity)) &&
    ![known.counts, counts].some((each) => each.has(contentHash))
  for (const [place, current] of rows.slice(range.start, range.end).entries()) {
    const index = range.start + place
    const { identity, contentHash, messageId } = current
    const nth = (seen.get(identity) ?? range.seen.get(identity) ?? 0) + 1
    const why = reasonToSkip({ ids: usedIds, counts: known.counts }, rows, index, nth)
    if (why !== 'incomplete') seen.set(identity, nth)
    if (why === undefined) {
      added.push(current)
      usedIds.add(messageId)
      counts.set(identity, nth).set(contentHash, 1)
    } else skipped.push({ index, why: why === 'known' && isChanged(current) ? 'changed' : why })
  }
  return {
    added,
    identities: Array.from(counts, ([identity, count]) => ({ identity, count })),
    skipped,
    seen,
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
