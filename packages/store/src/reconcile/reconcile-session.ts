import { CaughtupError, excerpt, type Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween } from '../assert-between.ts'
import { assertMessageSize } from '../write/assert-message-size.ts'
import { pacer } from '../upkeep/pacer.ts'
import type { ForeignRow } from './foreign-row.ts'
import { identify, type IdentifiedRow } from './identify.ts'
import { importedMessage } from './imported-message.ts'
import { type Known, mergeRows } from './merge-rows.ts'
import { refusedChange } from '../history/refused-change.ts'
import type { Refusal, Slice, SliceResult, Storage } from '../storage.ts'
import type { Waiting } from '../store-options.ts'

/** What became of the rows of a foreign transcript; the three numbers add up to all of them. */
export interface Reconciled {
  added: number
  /** Rows that the session has, or once had. */
  known: number
  /** Rows that may still grow; they are taken when they come again complete, or with another after them. */
  incomplete: number
}

/** Rows of one transcript at most: it is merged as a whole, and written in one transaction. */
const mostRows = 100_000
/** Rows that are looked at before others have a turn. */
const step = 500
/** Whoever is refused lost to somebody who brought the same messages, so a few turns are plenty. */
const attempts = 10

/**
 * Brings the rows of a foreign transcript into a session, at its end and in one transaction. Two at
 * once, in whatever processes, add each row once: rows without ids get ids that follow from what they
 * are known by, and the second to come is refused and looks again.
 *
 * @throws CaughtupError what a change of history throws, and `UNAVAILABLE` (with the last refusal as
 * its `reason`) where each of ten attempts found that others had just brought one of the messages
 */
export async function reconcileSession(
  {
    storage,
    limits,
    clock,
    append,
  }: {
    storage: Pick<Storage, 'importedCounts' | 'takenIds'>
    limits: Readonly<Limits>
    clock: Clock
    append: (slice: Omit<Slice, 'at'>, waiting: Waiting) => Promise<SliceResult>
  },
  sessionId: string,
  rows: readonly ForeignRow[],
  waiting: Waiting,
): Promise<Reconciled> {
  assertBetween('rows.length', rows.length, 0, mostRows)
  const identified: IdentifiedRow[] = []
  const come = new Map<string, number>()
  const turn = pacer(clock, waiting.signal)
  for (let start = 0; start < rows.length; start += step) {
    const some = rows.slice(start, start + step)
    for (const { id = 'without an id', parts } of some) assertMessageSize(id, parts, limits)
    identified.push(...identify(some, come))
    await turn()
  }
  let last: Refusal | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const known = await readKnown(storage, sessionId, identified)
    const merge = mergeRows(known, identified)
    const incomplete = merge.skipped.filter(({ why }) => why === 'incomplete').length
    const outcome: Reconciled = {
      added: merge.added.length,
      known: merge.skipped.length - incomplete,
      incomplete,
    }
    if (merge.added.length === 0) return outcome
    const now = clock.now()
    const messages = merge.added.map(({ row, messageId: id }) => importedMessage(row, { id, now }))
    const draft = { type: 'imported', messages, identities: merge.identities } as const
    const slice = { sessionId, drafts: [draft], guard: { is: 'resting' } } as const
    const { refused } = await append(slice, waiting)
    if (refused === undefined) return outcome
    if (refused !== 'message-exists' && refused !== 'message-gone') {
      throw refusedChange(refused, { sessionId })
    }
    last = refused
  }
  throw new CaughtupError(
    'UNAVAILABLE',
    `Session ${sessionId} took no rows: in each of ${attempts} attempts others had just brought, or ` +
      `brought and removed, one of the messages (${last}).`,
    { field: 'sessionId', value: excerpt(sessionId), ...(last !== undefined && { reason: last }) },
  )
}

async function readKnown(
  storage: Pick<Storage, 'importedCounts' | 'takenIds'>,
  sessionId: string,
  rows: readonly IdentifiedRow[],
): Promise<Known> {
  const identities = [...new Set(rows.map(({ identity }) => identity))]
  const ids = [...new Set(rows.map(({ messageId }) => messageId))]
  return {
    counts: await storage.importedCounts(sessionId, identities),
    ids: await storage.takenIds(sessionId, ids),
  }
}
