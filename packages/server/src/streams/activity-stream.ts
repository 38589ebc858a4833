import type { ActivityFrame } from '@caughtup/schema'
import type { ActivityBatch, Store } from '@caughtup/store'
import { withEventMeta } from '@orpc/server'

import { chunks } from './chunks.ts'
import { shuttingDown } from '../errors/call-errors.ts'

export interface ActivitySource {
  store: Store
  principal: string
  signal: AbortSignal
}

/**
 * The frames of a principal's session list: what changed since the cursor, or all of it, then
 * every change. What a cursor stands behind carries it as its event id.
 */
export async function* activityStream(
  { store, principal, signal }: ActivitySource,
  since: string | undefined,
): AsyncGenerator<ActivityFrame, void> {
  const { frameBytes } = store.limits
  let isCaughtUp = false
  for await (const batch of store.activity.follow(principal, since, { signal })) {
    // A follower that lags too far behind later gets a complete list on the same stream, too.
    if (batch.complete) isCaughtUp = false
    yield* isCaughtUp ? changes(batch) : replayed(batch, frameBytes)
    isCaughtUp ||= batch.cursor !== undefined
  }
  // It ends by itself only with the store.
  throw shuttingDown()
}

function* replayed(
  { rows, removed, complete, cursor }: ActivityBatch,
  frameBytes: number,
): Generator<ActivityFrame> {
  // An empty complete list is said too: whoever holds rows has to drop them.
  if (complete && rows.length === 0) yield { type: 'activities', rows, complete }
  for (const chunk of chunks(rows, frameBytes)) yield { type: 'activities', rows: chunk, complete }
  for (const { sessionId, revision } of removed) yield { type: 'removed', sessionId, revision }
  if (cursor !== undefined) yield withEventMeta({ type: 'caught-up', cursor }, { id: cursor })
}

function* changes({ rows, removed, cursor }: ActivityBatch): Generator<ActivityFrame> {
  const frames: ActivityFrame[] = [
    ...rows.map((row) => ({ type: 'changed' as const, row })),
    ...removed.map(({ sessionId, revision }) => ({
      type: 'removed' as const,
      sessionId,
      revision,
    })),
  ]
  for (const [index, frame] of frames.entries()) {
    const isLast = cursor !== undefined && index === frames.length - 1
    yield isLast ? withEventMeta(frame, { id: cursor }) : frame
  }
}
