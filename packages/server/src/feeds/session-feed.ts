import {
  CaughtupError,
  type Cursor,
  decodeCursor,
  encodeCursor,
  type OnChatInput,
  preview,
} from '@caughtup/schema'

import { sessionNotFound } from '../errors/call-errors.ts'
import type { Feed, FollowOptions, Replay, Step } from '../streams/feed.ts'
import type { TranscriptMerges } from '../transcripts/transcript-merges.ts'
import { LiveFrames } from './live-frames.ts'
import { replay, type ReplaySource, type ReplayStart } from './replay.ts'

type FollowedSession = Pick<ReplaySource, 'store' | 'sessionId' | 'priced'>

/** A session's journal as it grows. */
export class SessionFeed implements Feed {
  readonly #source: FollowedSession
  readonly #frames: LiveFrames

  constructor(source: FollowedSession) {
    this.#source = source
    this.#frames = new LiveFrames(source.store, source.sessionId, source.priced)
  }

  async *follow(
    position: string,
    options: FollowOptions,
  ): AsyncGenerator<Step | 'too-far-behind', void> {
    const { store, sessionId } = this.#source
    const { seq, journal, tag } = readCursor('position', position)
    for await (const batch of store.follow(sessionId, seq, { ...options, journal, tag })) {
      // A batch holds as much as a window may, so events beyond it cost more than a window.
      if (batch.isBehind) return yield 'too-far-behind'
      const frame = this.#frames.of(batch)
      yield {
        frames: [frame instanceof Promise ? await frame : frame],
        position: encodeCursor(batch.cursor),
        owed: batch.owed,
      }
    }
    // A follower ends when its session is deleted or the store closes: reading the session tells which.
    // Another one may have its id by now.
    const { cursor } = await store.head(sessionId)
    if (cursor.journal !== journal) throw sessionNotFound(sessionId)
  }
}

/**
 * A session's replay as the client asked for it. A client that falls further behind than a replay costs
 * gets another one on the same stream. The host's transcript is merged before, unless no history is read.
 */
export function sessionReplay(
  {
    transcripts,
    ...source
  }: Omit<ReplaySource, 'signal' | 'unmerged'> & { transcripts: TranscriptMerges },
  start: ReplayStart,
): Replay {
  const mode = start.mode === 'live' ? 'live' : 'full'
  return async function* (left, signal) {
    const { sessionId } = source
    const unmerged = mode === 'live' ? undefined : await transcripts.merge(sessionId, signal)
    yield* replay(
      { ...source, signal, unmerged },
      left === undefined
        ? start
        : { mode, reason: 'too-far-behind', from: readCursor('position', left) },
    )
  }
}

/** Where a stream starts: a browser's `Last-Event-ID` is newer than the input that it sends again. */
export function startOf({ mode }: OnChatInput, lastEventId: string | undefined): ReplayStart {
  if (lastEventId) return { mode: 'since', cursor: readCursor('lastEventId', lastEventId) }
  return mode.type === 'since'
    ? { mode: 'since', cursor: readCursor('mode.cursor', mode.cursor) }
    : { mode: mode.type }
}

function readCursor(field: string, text: string): Cursor {
  const cursor = decodeCursor(text)
  if (cursor) return cursor
  const value = preview(text)
  throw new CaughtupError('BAD_INPUT', `${field} is not a valid cursor: ${value}`, { field, value })
}
