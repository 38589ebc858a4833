import type { Message } from '@caughtup/schema'

import type { SessionRecord } from './evolve.ts'
import { lookUp, type LookingUp } from './lookups.ts'
import type { Refusal } from '../port/commit.ts'

/**
 * An undo hides the newest epoch's last turn, which begins with its newest prompt.
 *
 * @returns the order after which messages are hidden
 */
export function* undoneAfter(record: SessionRecord): LookingUp<number | { refused: Refusal }> {
  const prompt = yield* lookUp('lastPrompt', record.epochStart + 1, record.lastOrder)
  return prompt === undefined ? { refused: 'nothing-to-undo' } : prompt - 1
}

/** Whether the newest epoch keeps a prompt, and so an undo, up to this order. */
export function* canUndoUpTo(record: SessionRecord, order: number): LookingUp<boolean> {
  return (yield* lookUp('lastPrompt', record.epochStart + 1, order)) !== undefined
}

/** Whether the newest epoch keeps a prompt, and so an undo, when these messages are removed. */
export function* canUndoWithout(
  record: SessionRecord,
  removed: readonly Message[],
): LookingUp<boolean> {
  const orders = new Set(removed.map(({ order }) => order))
  let upTo = record.lastOrder
  for (;;) {
    const prompt = yield* lookUp('lastPrompt', record.epochStart + 1, upTo)
    if (prompt === undefined) return false
    if (!orders.has(prompt)) return true
    upTo = prompt - 1
  }
}
