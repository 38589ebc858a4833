import { CaughtupError, type Limits, type MessageDraft, preview } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween, assertInput } from '../input/assert-input.ts'
import { list, principals, whole } from '../input/kinds.ts'
import { pacer } from '../base/pacer.ts'
import { checkRow } from './check-row.ts'
import type { ImportedRow } from './imported-row.ts'
import { identify, type IdentifiedRow } from './identify.ts'
import { importedMessage } from './imported-message.ts'
import { type Known, type Merge, mergeRows, type RowRange } from './merge-rows.ts'
import type { Reconciled, ReconcileOptions } from './reconciled.ts'
import { refusalError } from '../errors/refusal-error.ts'
import { sessionNotFound } from '../errors/session-errors.ts'
import type { Refusal, Slice, SliceResult } from '../port/commit.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'

/** A transcript is held in memory as a whole. */
const maxRows = 100_000
/** Rows that are checked, or written in one commit, before other work gets a turn: some ms of it. */
const stepRows = 500
/** Characters of rows after which a commit has no further row. */
const stepSize = 1024 * 1024
/** A refusal means that a concurrent import won the race; a few retries suffice. */
const attempts = 10
/** Paths of dropped members that are counted separately. */
const maxPaths = 100

interface ImportTarget {
  storage: Pick<Storage, 'lookup' | 'members'>
  limits: Readonly<Limits>
  clock: Clock
  append: (slice: Omit<Slice, 'at'>, waiting: Waiting) => Promise<SliceResult>
}

/**
 * Appends the rows that a session does not have, in commits of some hundred rows, between which others
 * write. Each commit remembers its rows, so a repeat continues an import that was interrupted.
 * Concurrent imports, also of other processes, add each row once: message ids are derived from the
 * rows, so the second import is refused, and merges the rows of that commit again.
 *
 * @throws CaughtupError any error of a history change, also after some of the commits; `BAD_INPUT` or
 * `TOO_LARGE` for a row that cannot be a message (no row is imported then, unless `onBadRow` is given); `UNAVAILABLE`, with the
 * last refusal as its `reason`, if concurrent imports won the race ten times for one commit
 */
export async function importRows(
  target: ImportTarget,
  sessionId: string,
  rows: readonly ImportedRow[],
  options: ReconcileOptions,
): Promise<Reconciled> {
  assertInput('rows', rows, list)
  assertBetween('rows.length', rows.length, 0, maxRows)
  const { storage, limits, clock } = target
  const { recency, readBy = [], signal, onBadRow } = options
  if (recency !== undefined && recency !== 'newest') assertInput('recency', recency, whole)
  await assertMembers(storage, sessionId, readBy)
  const notKept = new Map<string, number>()
  const lost = (path: string) => {
    const name = notKept.size < maxPaths || notKept.has(path) ? path : 'other'
    notKept.set(name, (notKept.get(name) ?? 0) + 1)
  }
  const identified: IdentifiedRow[] = []
  const seen = new Map<string, number>()
  const turn = pacer(clock, signal)
  for (let start = 0; start < rows.length; start += stepRows) {
    const some = rows.slice(start, start + stepRows).flatMap((row, index) => {
      const read = () => checkRow(row, start + index, limits, lost)
      return onBadRow ? checkedOrNone(read, onBadRow) : read()
    })
    identified.push(...identify(some, seen))
    await turn()
  }
  const counts = { added: 0, known: 0, changed: 0, incomplete: 0 }
  const occurred = new Map<string, number>()
  for (let start = 0, end = 0; start < identified.length; start = end) {
    end = stepEnd(identified, start)
    const range = { start, end, seen: occurred }
    const merge = await importRange(target, sessionId, identified, range, options)
    counts.added += merge.added.length
    for (const { why } of merge.skipped) counts[why] += 1
    for (const [identity, times] of merge.seen) occurred.set(identity, times)
    await turn()
  }
  return { ...counts, notKept: Object.fromEntries(notKept) }
}

function checkedOrNone(
  read: () => ImportedRow,
  onBadRow: (error: CaughtupError) => void,
): ImportedRow | [] {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CaughtupError)) throw error
    onBadRow(error)
    return []
  }
}

/** Where a commit ends that begins with the row `start`. */
function stepEnd(rows: readonly IdentifiedRow[], start: number): number {
  let size = 0
  const some = rows.slice(start, start + stepRows)
  const last = some.findIndex((row) => (size += row.size) >= stepSize)
  return start + (last < 0 ? some.length : last + 1)
}

/** Appends, in one commit, those rows of a range that the session does not have. */
async function importRange(
  { storage, clock, append }: ImportTarget,
  sessionId: string,
  rows: readonly IdentifiedRow[],
  range: RowRange,
  { recency, readBy = [], onBadRow: _, ...waiting }: ReconcileOptions,
): Promise<Merge> {
  let last: Refusal | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const known = await readKnown(storage, sessionId, rows.slice(range.start, range.end))
    const merge = mergeRows(known, rows, range)
    if (merge.added.length === 0) return merge
    const now = clock.now()
    const messages = merge.added.map(({ row, messageId: id }) => importedMessage(row, { id, now }))
    const at = recency === 'newest' ? newest(messages, now) : recency
    const use = { readBy, ...(at !== undefined && { recency: at }) }
    const draft = { type: 'imported', messages, identities: merge.identities, ...use } as const
    const slice = { sessionId, drafts: [draft], guard: { is: 'no-active-run' } } as const
    const { refused } = await append(slice, waiting)
    if (refused === undefined) return merge
    if (refused !== 'message-exists' && refused !== 'message-gone') {
      throw refusalError(refused, slice)
    }
    last = refused
  }
  throw new CaughtupError(
    'UNAVAILABLE',
    `The import into session ${sessionId} stopped at row ${range.start}: in each of ${attempts} ` +
      `attempts a concurrent import had just added one of the messages (${last}). Import it again ` +
      'to continue.',
    { field: 'sessionId', value: preview(sessionId), ...(last !== undefined && { reason: last }) },
  )
}

function newest(messages: readonly MessageDraft[], now: number): number {
  const latest = messages.reduce((time, { metadata }) => Math.max(time, metadata.createdAt), 0)
  return Math.min(latest, now)
}

/** @throws CaughtupError `NOT_FOUND`, `BAD_INPUT` */
async function assertMembers(
  storage: Pick<Storage, 'members'>,
  sessionId: string,
  readBy: readonly string[],
): Promise<void> {
  assertInput('readBy', readBy, principals)
  const members = new Set(await storage.members(sessionId))
  if (members.size === 0) throw sessionNotFound(sessionId)
  for (const principal of readBy) {
    if (members.has(principal)) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `readBy names ${preview(principal)}, who is not a member of session ${sessionId}.`,
      { field: 'readBy', value: preview(principal) },
    )
  }
}

async function readKnown(
  storage: Pick<Storage, 'lookup'>,
  sessionId: string,
  rows: readonly IdentifiedRow[],
): Promise<Known> {
  const identities = [
    ...new Set(rows.flatMap(({ identity, contentHash }) => [identity, contentHash])),
  ]
  const messageIds = [...new Set(rows.map(({ messageId }) => messageId))]
  const { counts, used } = await storage.lookup(sessionId, { identities, messageIds })
  return { counts, ids: used }
}
