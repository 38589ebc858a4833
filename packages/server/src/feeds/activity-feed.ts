import type { ActivityFrame } from '@caughtup/schema'
import type { ActivityBatch, Store } from '@caughtup/store'

import { shuttingDown } from '../errors/call-errors.ts'
import { chunks } from './chunks.ts'
import type { Feed, FollowOptions, Replay, Step } from '../streams/feed.ts'
import type { SentFrame } from '../streams/sent-frame.ts'

export interface ActivitySource {
  store: Store
  principal: string
}

/** The changes of a principal's session list as they come. */
export class ActivityFeed implements Feed {
  readonly #source: ActivitySource

  constructor(source: ActivitySource) {
    this.#source = source
  }

  async *follow(position: string, { signal }: FollowOptions): AsyncGenerator<Step, void> {
    const { store, principal } = this.#source
    let isListing = false
    for await (const batch of store.activity.follow(principal, position, { signal })) {
      // A follower that fell too far behind gets a complete list, which ends with a cursor.
      isListing ||= batch.complete
      const frames = isListing ? replayed(batch, store.limits.frameBytes) : changes(batch)
      yield { frames: [...frames], position: batch.cursor }
      if (batch.cursor !== undefined) isListing = false
    }
  }
}

/** The changes since the cursor, or the complete list. It never falls too far behind: see `follow`. */
export function activityReplay(
  { store, principal }: ActivitySource,
  since: string | undefined,
): Replay {
  return async function* (_left, signal) {
    for await (const batch of store.activity.follow(principal, since, { signal })) {
      yield* replayed(batch, store.limits.frameBytes)
      if (batch.cursor !== undefined) return
    }
    throw shuttingDown()
  }
}

/** Frames of a replay. One that completes a cursor's state carries the cursor as its id. */
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
