import { CaughtupError, type ContextUsage, preview, type UsageLedger } from '@caughtup/schema'

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
