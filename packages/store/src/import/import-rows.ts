import { CaughtupError, type Limits, preview } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween, assertInput } from '../input/assert-input.ts'
import { list, principals, whole } from '../input/kinds.ts'
import { pacer } from '../base/pacer.ts'
import { checkRow } from './check-row.ts'
import type { ImportedRow } from './imported-row.ts'
import { identify, type IdentifiedRow } from './identify.ts'
import { importedMessage } from './imported-message.ts'
import { type Known, mergeRows } from './merge-rows.ts'
import type { Reconciled, ReconcileOptions } from './reconciled.ts'
import { refusalError } from '../errors/refusal-error.ts'
import type { Refusal, Slice, SliceResult } from '../port/commit.ts'
import type { Storage } from '../port/storage.ts'
import type { Waiting } from '../base/waiting.ts'

/** A transcript is merged as a whole, and written in one transaction. */
const maxRows = 100_000
/** Rows that are checked before other work gets a turn. */
const step = 500
/** A refusal means that a concurrent import won the race; a few retries suffice. */
const attempts = 10
/** Paths of dropped members that are counted separately. */
const maxPaths = 100

/**
 * Appends the rows that a session does not have, in one transaction. Concurrent imports, also of other
 * processes, add each row once: message ids are derived from the rows, so the second import is refused,
 * and merges again.
 *
 * @throws CaughtupError any error of a history change; `BAD_INPUT` or `TOO_LARGE` for a row that cannot
 * be a message (no row is imported then); `UNAVAILABLE`, with the last refusal as its `reason`, if
 * concurrent imports won the race ten times
 */
export async function importRows(
  {
    storage,
    limits,
    clock,
    append,
  }: {
    storage: Pick<Storage, 'lookup' | 'members'>
    limits: Readonly<Limits>
    clock: Clock
    append: (slice: Omit<Slice, 'at'>, waiting: Waiting) => Promise<SliceResult>
  },
  sessionId: string,
  rows: readonly ImportedRow[],
  options: ReconcileOptions,
): Promise<Reconciled> {
  assertInput('rows', rows, list)
  assertBetween('rows.length', rows.length, 0, maxRows)
  const { recency, readBy = [], ...waiting } = options
  if (recency !== undefined) assertInput('recency', recency, whole)
  await assertMembers(storage, sessionId, readBy)
  const notKept = new Map<string, number>()
  const lost = (path: string) => {
    const name = notKept.size < maxPaths || notKept.has(path) ? path : 'other'
    notKept.set(name, (notKept.get(name) ?? 0) + 1)
  }
  const identified: IdentifiedRow[] = []
  const seen = new Map<string, number>()
  const turn = pacer(clock, waiting.signal)
  for (let start = 0; start < rows.length; start += step) {
    const some = rows
      .slice(start, start + step)
      .map((row, index) => checkRow(row, start + index, limits, lost))
    identified.push(...identify(some, seen))
    await turn()
  }
  let last: Refusal | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const known = await readKnown(storage, sessionId, identified)
    const merge = mergeRows(known, identified)
    const skipped = { known: 0, changed: 0, incomplete: 0 }
    for (const { why } of merge.skipped) skipped[why] += 1
    const outcome: Reconciled = {
      added: merge.added.length,
      ...skipped,
      notKept: Object.fromEntries(notKept),
    }
    if (merge.added.length === 0) return outcome
    const now = clock.now()
    const messages = merge.added.map(({ row, messageId: id }) => importedMessage(row, { id, now }))
    const use = { readBy, ...(recency !== undefined && { recency }) }
    const draft = { type: 'imported', messages, identities: merge.identities, ...use } as const
    const slice = { sessionId, drafts: [draft], guard: { is: 'no-active-run' } } as const
    const { refused } = await append(slice, waiting)
    if (refused === undefined) return outcome
    if (refused !== 'message-exists' && refused !== 'message-gone') {
      throw refusalError(refused, slice)
    }
    last = refused
  }
  throw new CaughtupError(
    'UNAVAILABLE',
    `No rows were imported into session ${sessionId}: in each of ${attempts} attempts a concurrent ` +
      `import had just added one of the messages (${last}).`,
    { field: 'sessionId', value: preview(sessionId), ...(last !== undefined && { reason: last }) },
  )
}

/** @throws CaughtupError `BAD_INPUT` */
async function assertMembers(
  storage: Pick<Storage, 'members'>,
  sessionId: string,
  readBy: readonly string[],
): Promise<void> {
  assertInput('readBy', readBy, principals)
  if (readBy.length === 0) return
  const members = new Set(await storage.members(sessionId))
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
