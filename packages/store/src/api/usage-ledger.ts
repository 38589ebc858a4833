import {
  CaughtupError,
  type ContextUsage,
  type EpochUsage,
  type EpochUsagePage,
  preview,
  type UsageLedger,
} from '@caughtup/schema'

import { nothingUsed, usedBetween, type Used } from '../core/epoch-ledgers.ts'
import { refusalError } from '../errors/refusal-error.ts'
import type { Slice, SliceResult } from '../port/commit.ts'
import type { SessionHead } from '../port/reading.ts'

/** A session's usage, and how full the model's context is. */
export interface SessionUsage extends UsageLedger {
  contextUsage?: ContextUsage
}

export function usageOf({ head }: SessionHead): SessionUsage {
  const { usage = { version: 0, totals: {} }, contextUsage } = head
  return { ...usage, ...(contextUsage && { contextUsage }) }
}

/**
 * The usage of epochs, the newest first: of those before one, at most `limit`. A ledger with which an
 * epoch ended never changes, so it may be read after the head.
 */
export async function usageByEpoch(
  { head }: SessionHead,
  { before = Infinity, limit }: { before?: number; limit: number },
  endsOf: (range: { from: number; upTo: number }) => Promise<ReadonlyMap<number, Used>>,
): Promise<EpochUsagePage> {
  const { epoch: newest, usage = { version: 0, ...nothingUsed } } = head
  const last = Math.min(before - 1, newest)
  const first = Math.max(0, last - limit + 1)
  const ends =
    last < 0 ? new Map<number, Used>() : await endsOf({ from: Math.max(0, first - 1), upTo: last })
  const end = (epoch: number) => (epoch === newest ? usage : (ends.get(epoch) ?? nothingUsed))
  const epochs: EpochUsage[] = []
  for (let epoch = last; epoch >= first; epoch--) {
    epochs.push({ epoch, ...usedBetween(end(epoch - 1), end(epoch)) })
  }
  return {
    version: usage.version,
    epochs,
    nextCursor: first > 0 && epochs.length > 0 ? { before: first } : null,
  }
}

/** Adds a child's usage to its parent's ledger once; returns whether this call added it. */
export async function rollUp(
  { from, into }: { from: string; into: string },
  store: {
    head: (sessionId: string) => Promise<SessionHead>
    append: (slice: Omit<Slice, 'at'>) => Promise<SliceResult>
  },
): Promise<boolean> {
  if (from === into) {
    throw new CaughtupError('BAD_INPUT', `Session ${from} cannot be its own child.`, {
      field: 'into',
      value: preview(into),
    })
  }
  const { version, totals, models } = usageOf(await store.head(from))
  if (version === 0) return false
  const draft = { type: 'usage', add: totals, child: from, ...(models && { models }) } as const
  const { refused } = await store.append({ sessionId: into, drafts: [draft] })
  if (refused === undefined) return true
  if (refused === 'counted-already') return false
  throw refusalError(refused, { sessionId: into })
}
