import { createHash } from 'node:crypto'

import { CaughtupError, type Limits } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { assertBetween } from '../assert-between.ts'
import { assertMessageSize } from '../write/assert-message-size.ts'
import { pacer } from '../upkeep/pacer.ts'
import type { ForeignRow } from './foreign-row.ts'
import { identify, type IdentifiedRow } from './identify.ts'
import { importedMessage } from './imported-message.ts'
import { type Known, mergeRows } from './merge-rows.ts'
import { refusedChange } from '../history/refused-change.ts'
import type { Slice, SliceResult, Storage } from '../storage.ts'
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
/** Whoever is refused lost to somebody who got on, so a few turns are plenty. */
const attempts = 10

/**
 * Brings the rows of a foreign transcript into a session, at its end and in one transaction. Two at
 * once, in whatever processes, add each row once: rows without ids get ids that follow from what they
 * are known by, and the second to come is refused and looks again.
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
  const turn = pacer(clock, waiting.signal)
  for (let start = 0; start < rows.length; start += step) {
    const some = rows.slice(start, start + step)
    for (const { id = 'without an id', parts } of some) assertMessageSize(id, parts, limits)
    identified.push(...identify(some))
    await turn()
  }
  const identities = new Map(identified.map(({ row, identity }) => [row, identity]))
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
    const come = new Map<string, number>()
    const messages = merge.added.map((row) => {
      const identity = identities.get(row) ?? ''
      const nth = (come.get(identity) ?? known.counts.get(identity) ?? 0) + 1
      come.set(identity, nth)
      return importedMessage(row, { newId: () => derivedId(identity, nth), now: clock.now() })
    })
    const draft = { type: 'imported', messages, identities: merge.identities } as const
    const slice = { sessionId, drafts: [draft], guard: { is: 'resting' } } as const
    const { refused } = await append(slice, waiting)
    if (refused === undefined) return outcome
    if (refused !== 'message-exists' && refused !== 'message-gone') {
      throw refusedChange(refused, { sessionId })
    }
  }
  throw new CaughtupError(
    'UNAVAILABLE',
    `Session ${sessionId} is too busy to take the rows of a transcript.`,
  )
}

async function readKnown(
  storage: Pick<Storage, 'importedCounts' | 'takenIds'>,
  sessionId: string,
  rows: readonly IdentifiedRow[],
): Promise<Known> {
  const identities = [...new Set(rows.map(({ identity }) => identity))]
  const ids = [...new Set(rows.flatMap(({ row }) => row.id ?? []))]
  return {
    counts: await storage.importedCounts(sessionId, identities),
    ids: await storage.takenIds(sessionId, ids),
  }
}

/** The same for the same row, wherever it is imported: the first 128 bits of a SHA-256. */
function derivedId(identity: string, nth: number): string {
  const digest = createHash('sha256').update(`${identity} ${nth}`).digest()
  return digest.subarray(0, 16).toString('base64url')
}
