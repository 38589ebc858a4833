import type { ActivityFrame, ActivityRow } from '@caughtup/schema'
import type { ActivityBatch, Store } from '@caughtup/store'
import { withEventMeta } from '@orpc/server'

import { shuttingDown } from './run-errors.ts'

/** Rows of one frame at most. */
const chunk = 200

/**
 * The frames of a principal's session list: what changed since the cursor, or all of it, then
 * every change. The last frame of each batch carries the cursor behind it as its event id.
 */
export async function* followActivity(
  store: Store,
  principal: string,
  since: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ActivityFrame, void> {
  let caughtUp = false
  for await (const batch of store.activity.follow(principal, since, { signal })) {
    if (caughtUp) {
      yield* changes(batch)
    } else {
      yield* opening(batch)
      caughtUp = true
    }
  }
  // It ends by itself only with the store.
  throw shuttingDown()
}

function* opening({ rows, removed, complete, cursor }: ActivityBatch): Generator<ActivityFrame> {
  // An empty complete list is said too: whoever holds rows has to drop them.
  if (complete && rows.length === 0) yield { type: 'activities', rows, complete }
  for (let from = 0; from < rows.length; from += chunk) {
    yield { type: 'activities', rows: rows.slice(from, from + chunk), complete }
  }
  for (const { sessionId, revision } of removed) yield { type: 'removed', sessionId, revision }
  yield withEventMeta({ type: 'caught-up', cursor }, { id: cursor })
}

function* changes({ rows, removed, cursor }: ActivityBatch): Generator<ActivityFrame> {
  const frames: ActivityFrame[] = [
    ...rows.map((row: ActivityRow) => ({ type: 'changed' as const, row })),
    ...removed.map(({ sessionId, revision }) => ({
      type: 'removed' as const,
      sessionId,
      revision,
    })),
  ]
  for (const [index, frame] of frames.entries()) {
    yield index === frames.length - 1 ? withEventMeta(frame, { id: cursor }) : frame
  }
}
