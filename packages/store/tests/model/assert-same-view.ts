import assert from 'node:assert/strict'

import type { View } from '@caughtup/schema/fold'

/**
 * Asserts that a live view equals a fresh one over the messages that both hold: each may hold older
 * messages than the other.
 */
export function assertSameView(live: View, fresh: View, where: string): void {
  const { messages: liveMessages, hasOlder: liveOlder, skipped: _, ...liveHead } = live
  const { messages: freshMessages, hasOlder: freshOlder, skipped: __, ...freshHead } = fresh
  assert.deepEqual(liveHead, freshHead, `${where}: heads differ.`)
  const from = Math.max(heldFrom(live), heldFrom(fresh))
  assert.deepEqual(
    liveMessages.filter(({ order }) => order >= from),
    freshMessages.filter(({ order }) => order >= from),
    `${where}: messages differ.`,
  )
  if (!liveOlder) {
    assert(
      freshOlder || freshMessages.length === liveMessages.length,
      `${where}: it says that it holds everything.`,
    )
  }
}

/** The order from which a view is complete. */
function heldFrom({ messages, hasOlder }: View): number {
  return hasOlder ? (messages[0]?.order ?? Number.POSITIVE_INFINITY) : 0
}
