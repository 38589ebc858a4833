import type { ActivityFrame } from '@caughtup/schema'
import type { ActivityBatch, Store } from '@caughtup/store'

import { shuttingDown } from '../errors/call-errors.ts'
import { chunks } from './chunks.ts'
import type { SentFrame } from './frames.ts'

export interface ActivitySource {
  store: Store
  principal: string
  signal: AbortSignal
}

/**
 * The frames of a principal's session list: the changes since the cursor, or the complete list, then
 * every later change. A frame that completes a cursor's state carries the cursor as its id.
 */
export async function* activityStream(
  { store, principal, signal }: ActivitySource,
  since: string | undefined,
): AsyncGenerator<SentFrame<ActivityFrame>, void> {
  const { frameBytes } = store.limits
  let isCaughtUp = false
  for await (const batch of store.activity.follow(principal, since, { signal })) {
    // A follower that falls too far behind later gets a complete list on the same stream.
    if (batch.complete) isCaughtUp = false
    yield* isCaughtUp ? changes(batch) : replayed(batch, frameBytes)
    isCaughtUp ||= batch.cursor !== undefined
  }
  // The feed ends by itself only when the store closes.
  throw shuttingDown()
}

function* replayed(
  { rows, removed, complete, cursor }: ActivityBatch,
  frameBytes: number,
): Generator<SentFrame<ActivityFrame>> {
  // An empty complete list is sent as well: it tells the client to drop the rows that it has.
  if (complete && rows.length === 0) yield { frame: { type: 'activities', rows, complete } }
  for (const chunk of chunks(rows, frameBytes)) {
    yield { frame: { type: 'activities', rows: chunk, complete } }
  }
  for (const { sessionId, revision } of removed) {
    yield { frame: { type: 'removed', sessionId, revision } }
  }
  if (cursor !== undefined) yield { frame: { type: 'caught-up', cursor }, id: cursor }
}

function* changes({ rows, removed, cursor }: ActivityBatch): Generator<SentFrame<ActivityFrame>> {
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
    yield isLast ? { frame, id: cursor } : { frame }
  }
}
